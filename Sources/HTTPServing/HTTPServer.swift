public import Logging
import NIOCore
public import NIOPosix
import Synchronization

/// Accepts connections and answers what comes on them.
public final class HTTPServer: Sendable {
    public struct Configuration: Sendable {
        /// An address or a name; default `127.0.0.1`.
        public var host = "127.0.0.1"
        /// 0 takes any that is free; default 8080.
        public var port = 8080
        public var limits = Limits()
        public var cors = CORS()

        public init() {}
    }

    /// Connections beyond the limit that are still answered, so that clients are told and not just cut off.
    private static let refusableConnections = 64

    /// Small at first: NIO lets each connection keep its buffer for the next read, also a stream that never reads again.
    private static let receiveBuffers = AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 512, maximum: 65_536)

    private let configuration: Configuration
    private let group: MultiThreadedEventLoopGroup
    private let logger: Logger
    private let loops: PerLoop<LoopContext>
    private let listener = Mutex<(any Channel)?>(nil)
    private let connections = Count()

    /// How many connections there are, on all loops.
    private final class Count: Sendable {
        private let count = Atomic<Int>(0)

        var value: Int { self.count.load(ordering: .relaxed) }

        func add(_ number: Int) {
            self.count.add(number, ordering: .relaxed)
        }
    }

    /// - Parameter group: The event loops that connections are spread over.
    public init(
        _ configuration: Configuration, responder: any Responder, group: MultiThreadedEventLoopGroup, logger: Logger
    ) async throws {
        self.configuration = configuration
        self.group = group
        self.logger = logger
        let connections = self.connections
        self.loops = try await PerLoop(group) { loop in
            LoopContext(
                eventLoop: loop, responder: responder, cors: configuration.cors, limits: configuration.limits
            ) { connections.add($0) }
        }
    }

    /// Begins to listen.
    ///
    /// - Returns: The port that it listens on.
    /// - Throws: When the address cannot be bound.
    public func start() async throws -> Int {
        try await self.loops.onEach { context in
            let loop = NIOLoopBound(context, eventLoop: context.eventLoop)
            context.eventLoop.scheduleRepeatedTask(initialDelay: Deadlines.tick, delay: Deadlines.tick) { _ in
                loop.value.tick()
            }
        }
        let listener = try await ServerBootstrap(group: self.group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 32)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.recvAllocator, value: Self.receiveBuffers)
            .childChannelInitializer { self.initialize($0) }
            .bind(host: self.configuration.host, port: self.configuration.port).get()
        self.listener.withLock { $0 = listener }
        return listener.localAddress?.port ?? self.configuration.port
    }

    private func initialize(_ channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let excess = self.connections.value - self.configuration.limits.connections
            guard excess < Self.refusableConnections else { throw TooManyConnections() }
            let connection = HTTP1Connection(self.loops[channel.eventLoop], isOverCapacity: excess >= 0)
            try channel.pipeline.syncOperations.addHandler(connection)
        }
    }

    private struct TooManyConnections: Error {}

    /// How many connections there are.
    public var connectionCount: Int { self.connections.value }

    /// Stops in good order: takes no more connections, lets every answer come to its end, and closes after `timeout` what
    /// is left.
    public func drain(within timeout: Duration) async {
        let listener = self.listener.withLock { $0 }
        try? await listener?.close().get()
        await self.onEachConnection { $0.drain() }
        let clock = ContinuousClock()
        let end = clock.now + timeout
        while self.connectionCount > 0, clock.now < end {
            try? await Task.sleep(for: .milliseconds(20))
        }
        if self.connectionCount > 0 {
            self.logger.warning(
                "closing connections that did not end in time", metadata: ["count": "\(self.connectionCount)"])
        }
        await self.onEachConnection { $0.close() }
    }

    private func onEachConnection(_ body: @escaping @Sendable (HTTP1Connection) -> Void) async {
        try? await self.loops.onEach { context in
            for case let connection as HTTP1Connection in context.deadlines.owners { body(connection) }
        }
    }
}
