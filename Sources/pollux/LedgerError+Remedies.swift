import Channels

extension LedgerError {
    /// What is wrong, and which command or flag would do.
    var advice: String {
        switch self.kind {
        case .targetExists: self.described(remedy: ", or replace it with --force")
        case .damaged:
            self.described(
                remedy: "; see how far with `pollux inspect --check`, then restore a backup with `pollux restore`")
        default: self.described()
        }
    }
}
