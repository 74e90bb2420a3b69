import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable import HTTPServing

/// A connection without a socket: what the test sends is read as in the server, what the server writes is kept.
final class Connection {
    let socket = SocketDouble()
    let responder: RecordingResponder
    let loop: LoopContext
    private let channel: EmbeddedChannel

    init(
        limits: Limits = Limits(), cors: CORS = CORS(), peer: Peer = Peer(),
        respond: @escaping (Request, any Exchange) -> Void = { _, _ in }
    ) throws {
        self.responder = RecordingResponder(respond)
        self.channel = EmbeddedChannel()
        self.loop = LoopContext(
            eventLoop: self.channel.eventLoop, responder: self.responder, cors: cors, limits: limits)
        let handler = SocketHandler()
        let connection = HTTP1Connection(self.loop, over: Outlet(handler, by: self.loop.ciphertext), peer: peer)
        try self.channel.pipeline.syncOperations.addHandlers([self.socket, handler, connection])
        try self.channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    /// Sends text as one read of the server's.
    func send(_ text: String) throws {
        try self.channel.writeInbound(ByteBuffer(string: text))
        self.channel.embeddedEventLoop.run()
    }

    /// A request without content; what is not said is as browsers have it.
    func get(
        _ target: String = "/", method: String = "GET", version: String = "1.1", _ fields: String...
    ) throws {
        try self.send(Self.request(target, method: method, version: version, fields))
    }

    static func request(
        _ target: String = "/", method: String = "GET", version: String = "1.1", _ fields: [String] = []
    ) -> String {
        (["\(method) \(target) HTTP/\(version)", "Host: x"] + fields).joined(separator: "\r\n") + "\r\n\r\n"
    }

    /// The client closes.
    func disconnect() {
        self.channel.close(promise: nil)
        self.channel.embeddedEventLoop.run()
    }

    /// The client closes its half, and may still read.
    func closeInput() {
        self.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        self.channel.embeddedEventLoop.run()
    }

    /// Lets the loop do what was put off until now.
    func settle() {
        self.channel.embeddedEventLoop.run()
    }

    /// Lets time pass, and the loop look at its deadlines.
    func wait(_ time: TimeAmount) {
        self.loop.tick(.now() + time)
        self.channel.embeddedEventLoop.run()
    }

    /// Asks for the next read, as a channel does after each.
    func read() {
        self.channel.pipeline.read()
    }

    func drain() {
        for case let connection as HTTP1Connection in self.loop.deadlines.owners { connection.drain() }
    }

    var isOpen: Bool { self.channel.isActive }

    /// What the server has written since the last call, as text.
    func text() -> String { self.socket.drainTaken() }

    /// The same as answers; those to HEAD have no content.
    func answers(toHead: Bool = false) throws -> [Answer] { try Answer.parse(self.text(), toHead: toHead) }

    /// The only answer.
    func answer(toHead: Bool = false) throws -> Answer {
        let answers = try self.answers(toHead: toHead)
        guard answers.count == 1 else { throw Answer.Malformed(reason: "\(answers.count) answers instead of one") }
        return answers[0]
    }
}

/// Keeps what it is asked, and does with it what the test says.
///
/// Unchecked: used on the test's own thread only.
final class RecordingResponder: Responder, @unchecked Sendable {
    private(set) var requests: [Request] = []
    private(set) var exchanges: [any Exchange] = []
    private let respond: (Request, any Exchange) -> Void

    init(_ respond: @escaping (Request, any Exchange) -> Void) {
        self.respond = respond
    }

    func respond(to request: Request, on exchange: any Exchange) {
        self.requests.append(request)
        self.exchanges.append(exchange)
        self.respond(request, exchange)
    }

    func mayOverlap(_ request: Request) -> Bool { request.method == .POST }

    var paths: [String] { self.requests.map(\.pathText) }
}

/// Keeps what it is told; can answer to it.
final class RecordingDelegate: ExchangeDelegate {
    enum Call: Equatable {
        case writable
        case inputClosed
        case closed
        case deadlineReached
        case drain
    }

    private(set) var calls: [Call] = []
    private let react: (Call) -> Void

    init(_ react: @escaping (Call) -> Void = { _ in }) {
        self.react = react
    }

    func writable() { self.note(.writable) }
    func inputClosed() { self.note(.inputClosed) }
    func closed() { self.note(.closed) }
    func deadlineReached(_ now: NIODeadline) { self.note(.deadlineReached) }
    func drain() { self.note(.drain) }

    private func note(_ call: Call) {
        self.calls.append(call)
        self.react(call)
    }
}
