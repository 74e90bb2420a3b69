import EventStream
import HTTPServing
import NIOCore
import Testing

/// An exchange without a connection: keeps what is written, and reports what no transport may do.
///
/// Owner: its event loop.
final class FakeExchange: Exchange {
    let eventLoop: any EventLoop
    var delegate: (any ExchangeDelegate)?
    var connectionMemory: AnyObject?
    /// Whether writes are taken; else they are kept all the same, as a connection does.
    var takesWrites = true
    private(set) var head: Response?
    private(set) var response: Response?
    private(set) var writes: [ByteBuffer] = []
    private(set) var isEnded = false
    /// Whether the client has gone: calls do nothing then.
    private(set) var isGone = false
    private(set) var deadline: NIODeadline?
    /// Called in each write, before it returns.
    var onWrite: (FakeExchange) -> Void = { _ in }

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    var hasBegunStream: Bool { self.head != nil }

    func respond(_ response: Response) {
        if self.isGone { return }
        if self.isEnded || self.hasBegunStream { Issue.record("answers a second time") }
        self.response = response
        self.finish()
    }

    func postpone() -> any PostponedAnswer { Postponed(exchange: self) }

    private final class Postponed: PostponedAnswer {
        private let exchange: FakeExchange

        init(exchange: FakeExchange) {
            self.exchange = exchange
        }

        func respond(_ response: Response) { self.exchange.respond(response) }
    }

    func beginStream(_ head: Response) {
        if self.isGone { return }
        if self.isEnded || self.hasBegunStream { Issue.record("begins a second answer") }
        self.head = head
    }

    func write(_ bytes: ByteBuffer) -> Bool {
        if self.isGone { return false }
        if !self.hasBegunStream { Issue.record("writes before the head") }
        if self.isEnded { Issue.record("writes behind the end") }
        if bytes.readableBytes == 0 { Issue.record("writes nothing") }
        self.writes.append(bytes)
        self.onWrite(self)
        return self.takesWrites
    }

    func end() {
        if self.isGone { return }
        if !self.hasBegunStream || self.isEnded { Issue.record("ends what has not begun, or twice") }
        self.finish()
    }

    private func finish() {
        self.isEnded = true
        self.delegate = nil
    }

    func setDeadline(_ deadline: NIODeadline) {
        self.deadline = deadline
    }

    // MARK: What happens to it

    /// The connection takes what was written, and what will be.
    func unblock() {
        self.takesWrites = true
        self.delegate?.writable()
    }

    /// The client closes its half.
    func closeInput() {
        self.delegate?.inputClosed()
    }

    /// The client goes.
    func disconnect() {
        let delegate = self.delegate
        self.isGone = true
        self.finish()
        delegate?.closed()
    }

    /// The deadline that was set last comes.
    func reachDeadline() {
        guard let deadline = self.deadline else { return }
        self.deadline = nil
        self.delegate?.deadlineReached(deadline)
    }

    /// How long from now it is until the deadline, in whole seconds.
    var secondsLeft: Int64? {
        guard let deadline = self.deadline else { return nil }
        return ((deadline - .now()).nanoseconds + 500_000_000) / 1_000_000_000
    }

    // MARK: What the client reads

    /// The pieces of the stream: what was written at a time.
    var pieces: [String] { self.writes.map { String(buffer: $0) } }

    /// All of the content.
    var text: String { self.pieces.joined() + (self.response?.body.map { String(buffer: $0) } ?? "") }

    /// What the content tells as an event stream.
    var outputs: [EventStreamParser.Output] {
        var parser = EventStreamParser(maximumEventSize: 10 << 20)
        var outputs: [EventStreamParser.Output] = []
        do { try parser.parse(Array(self.text.utf8).span) { outputs.append($0) } } catch { Issue.record(error) }
        return outputs
    }

    /// The events of the content as an event stream.
    var events: [ReceivedEvent] {
        self.outputs.compactMap { if case .event(let event) = $0 { event } else { nil } }
    }
}
