import NIOCore
import NIOPosix

@testable import HTTPServing

/// An exchange that tells a test what is done with it. Owner: its event loop.
final class FakeExchange: Exchange {
    enum Event {
        case responded(Response)
        case began(Response)
        case wrote(ByteBuffer)
        case ended
    }

    let eventLoop: any EventLoop
    private let events: AsyncStream<Event>.Continuation
    private(set) var hasBegunStream = false
    private(set) var deadline: NIODeadline?
    /// Whether the connection has gone.
    var isGone = false
    /// How many writes are taken before one is said to be too much; counted down.
    var room = Int.max
    private(set) var writes = 0
    private(set) var hasResponded = false
    var delegate: (any ExchangeDelegate)?
    var connectionMemory: AnyObject?

    init(_ eventLoop: any EventLoop, _ events: AsyncStream<Event>.Continuation) {
        self.eventLoop = eventLoop
        self.events = events
    }

    func respond(_ response: Response) {
        self.delegate = nil
        self.hasResponded = true
        self.events.yield(.responded(response))
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
        guard !self.isGone else { return }
        self.hasBegunStream = true
        self.events.yield(.began(head))
    }

    func write(_ bytes: ByteBuffer) -> Bool {
        self.writes += 1
        self.room -= 1
        self.events.yield(.wrote(bytes))
        return self.room > 0
    }

    func end() {
        self.delegate = nil
        self.events.yield(.ended)
    }

    func setDeadline(_ deadline: NIODeadline) {
        self.deadline = deadline
    }

    /// The connection has taken what was written, and takes so many writes more.
    func drain(room: Int) {
        self.room = room
        self.delegate?.writable()
    }

    func close() {
        self.isGone = true
        let delegate = self.delegate
        self.delegate = nil
        delegate?.closed()
    }
}

@available(*, unavailable)
extension FakeExchange: Sendable {}

/// A fake exchange on a real event loop, and the pool that reads for it, seen from a test.
struct FakeConnection: Sendable {
    /// Of one thread, so that what was given to it is done before what comes later.
    static let pool: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 1)
        pool.start()
        return pool
    }()

    let exchange: NIOLoopBound<FakeExchange>
    let events: AsyncStream<FakeExchange.Event>

    init() async throws {
        let (events, continuation) = AsyncStream.makeStream(of: FakeExchange.Event.self)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        self.events = events
        self.exchange = try await loop.submit { NIOLoopBound(FakeExchange(loop, continuation), eventLoop: loop) }.get()
    }

    func on<Value: Sendable>(_ body: @escaping @Sendable (FakeExchange) throws -> Value) async throws -> Value {
        try await self.exchange.eventLoop.submit { try body(self.exchange.value) }.get()
    }

    /// Returns when all that is under way has been done, and what that led to on the event loop.
    func settle() async throws {
        try await self.exchange.eventLoop.submit {}.get()
        try await Self.pool.runIfActive(eventLoop: self.exchange.eventLoop) {}.get()
    }

    /// What is sent until the end: the head, and the content.
    func sent() async throws -> (head: Response?, content: [UInt8]) {
        var head: Response?
        var content: [UInt8] = []
        for await event in self.events {
            switch event {
            case .responded(let response): return (response, response.body.map { Array($0.readableBytesView) } ?? [])
            case .began(let response): head = response
            case .wrote(let bytes):
                content += bytes.readableBytesView
                try await self.on { if $0.room <= 0 { $0.drain(room: 1) } }
            case .ended: return (head, content)
            }
        }
        return (head, content)
    }
}
