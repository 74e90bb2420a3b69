package import Channels

/// Where a reader's bytes go: frames what the reader reads, and writes it to whatever its client is connected by.
///
/// Each method returns what became of what was written.
package protocol ReaderOutlet: AnyObject {
    /// The reader begins, after a position; called once, first.
    ///
    /// - Parameter gap: What the reader asked for and is not given; written before all else.
    func begin(after id: EventID, gap: Gap?) -> Delivery
    /// Something was dropped that the reader has not read, or the ledger has begun another life; it goes on after a position, perhaps
    /// of another epoch.
    func report(_ gap: Gap, before id: EventID) -> Delivery
    /// - Parameters:
    ///   - batch: May be empty, as the last of several.
    ///   - isLast: Whether this is all that there is now; if not, more follows at once.
    func deliver(_ batch: Batch, isLast: Bool) -> Delivery
    /// All that is kept was delivered; `id` is where the reader waits for more.
    func caughtUp(at id: EventID) -> Delivery
    /// What is kept cannot be read now: the last that is written.
    func fail(_ error: LedgerError)
    /// The reader is over, however that came; called once, and nothing after it.
    func ended()
}

/// What became of something that was written.
package enum Delivery {
    /// More may follow.
    case ready
    /// More may follow when the connection has taken it.
    case blocked
    /// Nothing follows.
    case ended
}
