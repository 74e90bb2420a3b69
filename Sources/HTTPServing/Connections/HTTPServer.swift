public import Logging
import NIOCore
public import NIOPosix
import Synchronization
import TLS

/// Accepts connections and answers what comes on them.
public final class HTTPServer: Sendable {
    public struct Configuration: Sendable {
        /// Where to listen; default is one plain listener on `127.0.0.1:8080`.
        public var listeners = [Listener()]
        public var limits = Limits()
        public var cors = CORS()

        public init() {}

        /// Where the first listener listens: an address or a name.
        public var host: String {
            get { self.listeners.first?.host ?? Listener().host }
            set { self.listeners = [Listener(host: newValue, port: self.port)] }
        }

        /// The port of the first listener.
        public var port: Int {
            get { self.listeners.first?.port ?? Listener().port }
            set { self.listeners = [Listener(host: self.host, port: newValue)] }
        }
    }

    /// Connections beyond the limit that are still answered, so that clients are told and not just cut off.
    public static let refusableConnections = 64

    /// The most connections that a listener accepts before anything else is done.
    static let acceptsAtOnce = 32

    /// Small at first: NIO lets each connection keep its buffer for the next read, also a stream that never reads again.
    private static let receiveBuffers = AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 512, maximum: 65_536)

    /// A listener, and what its connections share on each loop.
    private struct Site: Sendable {
        let listener: Listener
        let loops: PerLoop<LoopContext>
    }

    private let configuration: Configuration
    private let group: MultiThreadedEventLoopGroup
    private let logger: Logger
    private let sites: [Site]
    private let listening = Mutex<[any Channel]>([])
    private let connections = Count()
    private let reserve = DescriptorReserve()

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
        let securePort = configuration.listeners.first { $0.tls != nil }?.port ?? 443
        var sites: [Site] = []
        for listener in configuration.listeners {
            let responder = listener.redirects ? SecureRedirect(port: securePort) : responder
            let loops = try await PerLoop(group) { loop in
                LoopContext(
                    eventLoop: loop, responder: responder, cors: configuration.cors, limits: configuration.limits,
                    transportSecurity: listener.transportSecurity.map { "max-age=\($0)" }
                ) { connections.add($0) }
            }
            sites.append(Site(listener: listener, loops: loops))
        }
        self.sites = sites
    }

    /// Begins to listen. Nobody is served before all addresses are bound: who is answered at one finds the others too.
    ///
    /// - Returns: The ports that it listens on, in the order of the listeners.
    /// - Throws: ``ListenFailure`` when an address cannot be bound.
    public func start() async throws -> [Int] {
        var ports: [Int] = []
        for site in self.sites {
            try await site.loops.onEach { context in
                let loop = NIOLoopBound(context, eventLoop: context.eventLoop)
                context.eventLoop.scheduleRepeatedTask(initialDelay: Deadlines.tick, delay: Deadlines.tick) { _ in
                    loop.value.tick()
                }
            }
            let channel: any Channel
            do {
                channel = try await self.listen(site)
            } catch {
                throw ListenFailure(address: site.listener.address, reason: "\(error)")
            }
            self.listening.withLock { $0.append(channel) }
            ports.append(channel.localAddress?.port ?? site.listener.port)
        }
        for channel in self.listening.withLock({ $0 }) { try await channel.setOption(.autoRead, value: true).get() }
        return ports
    }

    private func listen(_ site: Site) async throws -> any Channel {
        try await ServerBootstrap(group: self.group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.autoRead, value: false)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: UInt(Self.acceptsAtOnce))
            .serverChannelInitializer { [reserve, logger] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ListenerHandler(reserve, logger: logger))
                }
            }
            .childChannelInitializer { self.initialize($0, at: site) }
            .bind(host: site.listener.host, port: site.listener.port).get()
    }

    private func initialize(_ channel: any Channel, at site: Site) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            let admission = try self.admission(of: channel)
            try Self.setOptions(of: channel)
            let socket = SocketHandler()
            // The deadline of the version's handler is that of the handshake too.
            let tls = try site.listener.tls.map { try TLSHandler($0(), handshakeTimeout: nil) }
            let peer = Peer(isSecure: tls != nil, admission: admission)
            let version = HTTPVersionHandler(site.loops[channel.eventLoop], over: socket, tls: tls, peer: peer)
            let pipeline = channel.pipeline.syncOperations
            // With names NIO makes up none.
            try pipeline.addHandler(socket, name: "socket")
            if let tls { try pipeline.addHandler(tls, name: "tls") }
            try pipeline.addHandler(version, name: "version")
        }
    }

    /// - Throws: ``TooManyConnections`` if not even a refusal can be given.
    private func admission(of channel: any Channel) throws(TooManyConnections) -> Peer.Admission {
        if self.reserve.isReleased {
            self.reserve.refusalBegan()
            channel.closeFuture.whenComplete { [reserve] _ in reserve.refusalEnded() }
            return .refused
        }
        let excess = self.connections.value - self.configuration.limits.connections
        guard excess < Self.refusableConnections else { throw TooManyConnections() }
        return excess >= 0 ? .refused : .served
    }

    /// Set here, at once, and not by the bootstrap, which makes a future of each.
    private static func setOptions(of channel: any Channel) throws {
        guard let options = channel.syncOptions else { return }
        try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
        try options.setOption(.allowRemoteHalfClosure, value: true)
        try options.setOption(.recvAllocator, value: Self.receiveBuffers)
    }

    private struct TooManyConnections: Error {}

    /// How many connections there are.
    public var connectionCount: Int { self.connections.value }

    /// Stops in good order: takes no more connections, lets every answer come to its end, and closes after `timeout` what
    /// is left.
    public func drain(within timeout: Duration) async {
        for channel in self.listening.withLock({ $0 }) { try? await channel.close().get() }
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

    private func onEachConnection(_ body: @escaping @Sendable (any ServedConnection) -> Void) async {
        for site in self.sites {
            try? await site.loops.onEach { context in
                for case let connection as any ServedConnection in context.deadlines.owners { body(connection) }
            }
        }
    }
}

/// Why an address cannot be listened on.
public struct ListenFailure: Error, CustomStringConvertible {
    let address: String
    let reason: String

    public var description: String { "cannot listen on \(self.address): \(self.reason)" }
}
