public import NIOCore

/// One request and its answer, on the event loop of its connection, whatever version of HTTP carries it.
///
/// The answer is either one ``respond(_:)``, or ``beginStream(_:)``, any number of ``write(_:)`` and ``end()``. Calls
/// that come when the connection has gone do nothing.
public protocol Exchange: AnyObject {
    var eventLoop: any EventLoop { get }

    /// Who is told what happens while the answer is not yet given, or its stream runs. Let go of with the answer's end.
    var delegate: (any ExchangeDelegate)? { get set }

    /// What a responder remembers of the connection for its next requests; gone with it.
    var connectionMemory: AnyObject? { get set }

    /// Answers as a whole.
    func respond(_ response: Response)

    /// The same with a response that many are given.
    func respond(_ shared: SharedResponse)

    /// Puts the answer off: it is given through what is returned, and meanwhile the client's next requests may be begun
    /// that do not mind (``Responder/mayOverlap(_:)``). Answers go out in the order of the requests.
    ///
    /// Afterwards the exchange itself is done: nothing else may be called.
    func postpone() -> any PostponedAnswer

    /// Answers with a head whose content is written bit by bit.
    func beginStream(_ head: Response)

    /// Whether ``beginStream(_:)`` was called.
    var hasBegunStream: Bool { get }

    /// Writes a piece of the content.
    ///
    /// - Returns: `false` if the connection did not take all of it: nothing more should be written until
    ///   ``ExchangeDelegate/writable()``. Nothing is lost if more is.
    func write(_ bytes: ByteBuffer) -> Bool

    /// The same with a piece that many are given.
    func write(_ bytes: SharedBytes) -> Bool

    /// Ends the stream cleanly.
    func end()

    /// When to call ``ExchangeDelegate/deadlineReached(_:)``, to within a tenth of a second; replaces the last one.
    func setDeadline(_ deadline: NIODeadline)
}

extension Exchange {
    public func respond(_ shared: SharedResponse) { self.respond(shared.response) }

    public func write(_ bytes: SharedBytes) -> Bool { self.write(bytes.content) }
}

/// An answer that was put off. To be used on the event loop of its exchange.
public protocol PostponedAnswer: AnyObject {
    /// Answers as a whole; once.
    func respond(_ response: Response)
}

/// What happens to an answer under way. All calls come on the event loop.
public protocol ExchangeDelegate: AnyObject {
    /// The connection has taken all that was written, and takes more.
    func writable()
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
