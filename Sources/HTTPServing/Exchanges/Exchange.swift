public import NIOCore

/// One request and its answer, on the event loop of its connection, whatever version of HTTP carries it.
///
/// The answer is either one ``respond(_:)``, or ``beginStream(_:)``, any number of ``write(_:)`` and ``end()``. Calls
/// that come when the connection has gone do nothing.
public protocol Exchange: AnyObject {
    var eventLoop: any EventLoop { get }

    /// Who is told what happens while the answer is not yet given, or its stream runs. Let go of with the answer's end.
    var delegate: (any ExchangeDelegate)? { get set }

    /// Answers as a whole.
    ///
    /// - Parameter memo: Given where many are answered the same, so that it is put into bytes once.
    func respond(_ response: Response, sharing memo: ResponseMemo?)

    /// Puts the answer off: it is given through what is returned, and meanwhile the client's next requests may be begun
    /// that do not mind (``Responder/mayOverlap(_:)``). Answers go out in the order of the requests.
    ///
    /// Afterwards the exchange itself is done: nothing else may be called.
    func postpone() -> any PostponedAnswer

    /// Answers with a head whose body is written bit by bit. Afterwards ``isChunked`` is known.
    func beginStream(_ head: Response)

    /// Whether ``beginStream(_:)`` was called.
    var hasBegunStream: Bool { get }

    /// Whether what is written must be framed as chunks (RFC 9112, section 7.1), each write whole chunks. Left to the
    /// writer so that it can frame once what it writes to many.
    var isChunked: Bool { get }

    /// Writes a piece of the body.
    ///
    /// - Returns: `false` if the connection did not take all of it: nothing more should be written until
    ///   ``ExchangeDelegate/drained()``. Nothing is lost if more is.
    func write(_ bytes: ByteBuffer) -> Bool

    /// Ends the stream cleanly.
    func end()

    /// When to call ``ExchangeDelegate/deadlineReached(_:)``, to within a tenth of a second; replaces the last one.
    func setDeadline(_ deadline: NIODeadline)
}

extension Exchange {
    /// Answers as a whole.
    public func respond(_ response: Response) {
        self.respond(response, sharing: nil)
    }
}

/// An answer that was put off. To be used on the event loop of its exchange.
public protocol PostponedAnswer: AnyObject {
    /// Answers as a whole; once.
    func respond(_ response: Response)
}

/// What happens to an answer under way. All calls come on the event loop.
public protocol ExchangeDelegate: AnyObject {
    /// The connection has taken all that was written.
    func drained()
    /// The client sends nothing more. It may still read, or have gone altogether, which shows only when something is written.
    func inputClosed()
    /// The connection has gone; nothing can be written any more.
    func closed()
    /// The time that was set has come.
    func deadlineReached(_ now: NIODeadline)
    /// The server is stopping: the answer should come to its end.
    func drain()
}

/// Answers requests.
public protocol Responder: Sendable {
    /// Called on the event loop of the exchange; must not block it.
    func respond(to request: Request, on exchange: any Exchange)

    /// Whether a request may be begun while earlier ones of its connection, whose answers were put off, are still under way.
    func mayOverlap(_ request: Request) -> Bool
}

extension Responder {
    public func mayOverlap(_ request: Request) -> Bool { false }
}
