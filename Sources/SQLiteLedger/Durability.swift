/// What a publisher's answer promises.
public enum Durability: String, Sendable, CaseIterable {
    /// What was answered is with the operating system: it survives the end of the process, by whatever means. If the
    /// machine goes down, the last moments may be lost, and the ledger begins a new epoch.
    case process
    /// What was answered is on the disk: it survives the end of the machine as well.
    case power

    /// The setting of SQLite that keeps the promise (with a write-ahead log).
    var synchronous: String {
        switch self {
        case .process: "NORMAL"
        case .power: "FULL"
        }
    }

    /// After how many pages in the write-ahead log a checkpoint is begun. Where each commit waits for the disk, a short log
    /// is better: a file that does not grow is synced in half the time.
    var logStep: Int {
        switch self {
        case .process: 4_000
        case .power: 500
        }
    }
}
