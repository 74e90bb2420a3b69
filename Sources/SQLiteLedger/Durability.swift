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
}
