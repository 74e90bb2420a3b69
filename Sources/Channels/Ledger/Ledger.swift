/// Where events are kept and get their position.
///
/// A ledger may be called from any thread and never blocks its caller: what takes long is done elsewhere, and the
/// completion called from there. A ledger in memory may call the completion before the function returns.
///
/// The order that everything above relies on: the observer is told of each change once, in the order of positions,
/// *after* the change is kept and *before* the completion of the call that made it. A read never shows what the observer
/// has not been told of yet: the logs would deliver it again.
public protocol Ledger: Sendable {
    /// What is kept and for how long; the same for as long as the ledger lives.
    var settings: LedgerSettings { get }

    /// Opens the ledger; called once, before anything else.
    ///
    /// - Parameter observer: Told of the life that the ledger is in, and of every change from then on.
    /// - Throws: ``LedgerError`` when the ledger cannot be used.
    func open(_ observer: any LedgerObserver) async throws(LedgerError)

    /// Appends some publications in their order. Of each the events are kept all, with positions that follow one another,
    /// or none.
    ///
    /// - Parameter completion: Given a result for each, before another life begins.
    func append(
        _ publications: [Publication],
        completion: @escaping @Sendable ([Result<PublishOutcome, LedgerError>]) -> Void)

    /// Reads events in the order of their positions.
    func read(_ query: ReadQuery, completion: @escaping @Sendable (Result<Page, LedgerError>) -> Void)

    /// Drops all events of a channel; a channel that never was is no error.
    func drop(_ channel: ChannelName, completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void)

    /// Changes records, all or none.
    func write(_ changes: [RecordChange], completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void)

    /// Reads records that are not over.
    func records(_ query: RecordQuery, completion: @escaping @Sendable (Result<[SmallRecord], LedgerError>) -> Void)

    /// Tries whether events could be appended now, without appending one.
    func probe(completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void)

    /// Drops what has become too old, in a small step; called about once a second.
    func sweep()

    /// Finishes what waits, and lets go of the store. What is asked of the ledger afterwards fails.
    func close() async
}

/// The life that a ledger is in, as it begins or goes on.
public struct LedgerState: Sendable {
    public let epoch: Epoch
    /// The position of the newest event that ever was; the next gets the one after.
    public let head: Position
    /// The lives before it that the ledger knows, the oldest first.
    public let past: [PastLife]

    public init(epoch: Epoch, head: Position, past: [PastLife] = []) {
        self.epoch = epoch
        self.head = head
        self.past = past
    }
}

/// A change that a ledger has made.
public enum Commit: Sendable {
    /// Events of one channel, in the order of their positions; and the same events, under the same positions, of each other
    /// channel that has them.
    case appended([Event], others: [[Event]] = [])
    /// The events of a channel up to and including a position are gone.
    case dropped(ChannelName, through: Position)
}
