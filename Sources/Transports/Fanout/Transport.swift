import Channels
import NIOCore

/// How one reader is served: it frames what the reader reads, and writes it to the exchange.
///
/// Each method says what became of what was written.
protocol Transport: AnyObject {
    /// The reader begins, after a position; called once, first.
    ///
    /// - Parameter gap: What the reader asked for and is not given; told before all else.
    func begin(after id: EventID, gap: Gap?) -> Delivery
    /// The reader has fallen so far behind that something was dropped which it has not read.
    func tell(_ gap: Gap) -> Delivery
    /// - Parameters:
    ///   - batch: May be empty, as the last of several.
    ///   - isLast: Whether this is all that there is now; if not, more follows at once.
    func deliver(_ batch: Batch, isLast: Bool) -> Delivery
    /// All that is kept was delivered; `id` is where the reader waits for more.
    func caughtUp(at id: EventID) -> Delivery
    /// The time that the transport set has come.
    func deadlineReached(_ now: NIODeadline, at id: EventID) -> Delivery
    /// The client sends nothing more, and may have gone altogether, which shows only when something is written to it.
    ///
    /// - Parameter isIdle: Whether something may be written now.
    func inputClosed(isIdle: Bool) -> Delivery
    /// The server is stopping: the last that is written.
    func drain(at id: EventID)
    /// What is kept cannot be read now: the last that is written.
    func fail(_ error: LedgerError, at id: EventID)
}

/// What became of something that a transport wrote.
enum Delivery {
    /// More may follow.
    case ready
    /// More may follow when the connection has taken it.
    case blocked
    /// The answer has ended.
    case ended
}
