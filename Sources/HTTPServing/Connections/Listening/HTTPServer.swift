public import Logging
import NIOCore
public import NIOPosix
import Synchronization
import TLS

/// Accepts connections and answers what comes on them.
public final class HTTPServer: Sendable {
    /// Connections beyond the limit that are still answered, so that clients are told and not just cut off.
    public static let refusableConnections = 64

    /// The most connections that a listener accepts before anything else is done.
    static let acceptsAtOnce = 32

    /// Small at first: NIO lets each connection keep its buffer for the next read, also a stream that never reads
    /// again.
    private static let receiveBuffers = AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 512, maximum: 65_536)

    /// A listener, and what its connections share on each loop.
    private struct Site: Sendable {
        let listener: Listener
        let loops: PerLoop<LoopContext>
    }

    private let group: MultiThreadedEventLoopGroup
    private let logger: Logger
    private let sites: [Site]
    private let securePort: Int
    private let listening = Mutex<[any Channel]>([])
    private let connections = ConnectionCount()
    private let reserve = DescriptorReserve()

    /// - Parameter group: The event loops that connections are spread over.
    public init(
        _ listeners: [Listener], settings: ServingSettings, group: MultiThreadedEventLoopGroup, logger: Logger
    ) async throws {
        self.group = group
        self.logger = logger
        let connections = self.connections
        self.securePort = listeners.first { $0.tls != nil }?.port ?? 443
        var sites: [Site] = []
        for listener in listeners {
            let own = Self.settings(settings, of: listener, securePort: self.securePort)
            let loops = try await PerLoop(group) { loop in
                LoopContext(
                    eventLoop: loop, settings: own,
                    transportSecurity: listener.transportSecurity.map { "max-age=\($0)" }
                ) { connections.add($0) }
            }
            sites.append(Site(listener: listener, loops: loops))
        }
        self.sites = sites
    }

    /// Serves by other settings from now on: every loop from its next turn, connections that are there and new ones
    /// alike.
    public func apply(_ settings: ServingSettings) async {
        for site in self.sites {
            let own = Self.settings(settings, of: site.listener, securePort: self.securePort)
            try? await site.loops.onEach { $0.settings = own }
        }
    }

    /// What holds at a listener that may only send clients elsewhere.
    private static func settings(
        _ settings: ServingSettings, of listener: Listener, securePort: Int
    ) -> ServingSettings {
        guard listener.redirects else { return settings }
        var own = settings
        own.responder = SecureRedirect(port: securePort, others: settings.responder)
        return own
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
                    loop.value.tickInTime()
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
            let loop = site.loops[channel.eventLoop]
            var peer = Peer(
                connection: self.connections.next(), address: PeerAddress(channel.remoteAddress),
                admission: try self.admission(of: channel, limits: loop.limits))
            if !site.listener.proxyProtocol { try Self.judge(&peer, channel, by: loop.settings) }
            try Self.setOptions(of: channel)
            let socket = SocketHandler()
            try channel.pipeline.syncOperations.addHandler(socket, name: "socket")
            guard site.listener.proxyProtocol else { return try Self.speak(with: peer, over: socket, channel, site) }
            let proxy = ProxyHeaderHandler(loop, peer: peer) { peer in
                // Only now it is known whose connection it is.
                var peer = peer
                try Self.judge(&peer, channel, by: loop.settings)
                try Self.speak(with: peer, over: socket, channel, site)
            }
            try channel.pipeline.syncOperations.addHandler(proxy, name: "proxy")
        }
    }

    /// Puts behind the pipeline's handlers what speaks TLS and HTTP.
    private static func speak(
        with peer: Peer, over socket: SocketHandler, _ channel: any Channel, _ site: Site
    ) throws {
        let loop = site.loops[channel.eventLoop]
        // The deadline of the version's handler is that of the handshake too.
        let tls = try site.listener.tls.map { try TLSHandler($0(), handshakeTimeout: nil) }
        let outlet = Outlet(socket, tls: tls, by: loop.ciphertext)
        var peer = peer
        peer.isSecure = peer.isSecure || tls != nil
        let version = HTTPVersionHandler(loop, over: outlet, peer: peer, isEncrypted: tls != nil)
        let pipeline = channel.pipeline.syncOperations
        // Handlers are named here because making up a unique name for each costs time on every accept.
        if let tls { try pipeline.addHandler(tls, name: "tls") }
        try pipeline.addHandler(version, name: "version")
    }

    /// - Throws: ``TooManyConnections`` if not even a refusal can be given.
    private func admission(of channel: any Channel, limits: Limits) throws(TooManyConnections) -> Peer.Admission {
        if self.reserve.isReleased {
            self.reserve.refusalBegan()
            channel.closeFuture.whenComplete { [reserve] _ in reserve.refusalEnded() }
            return .refused
        }
        let excess = self.connections.value - limits.connections
        guard excess < Self.refusableConnections else { throw TooManyConnections() }
        return excess >= 0 ? .refused : .served
    }

    /// Has a connection judged by where it comes from. One that a known proxy shares among its clients is nobody's.
    ///
    /// - Throws: ``TooManyConnections`` if it is to be closed at once.
    private static func judge(
        _ peer: inout Peer, _ channel: any Channel, by settings: ServingSettings
    ) throws(TooManyConnections) {
        guard let admission = settings.admission, let address = peer.address, !settings.forwarding.trusts(address)
        else {
            return
        }
        guard let admitted = admission.admit(from: address) else { throw TooManyConnections() }
        if let place = admitted.place { channel.closeFuture.whenComplete { _ in withExtendedLifetime(place) {} } }
        if !peer.isRefused { peer.admission = admitted.admission }
    }

    /// Options are set here, at once: the bootstrap would make a future of each option and connection.
    private static func setOptions(of channel: any Channel) throws {
        guard let options = channel.syncOptions else { return }
        try options.setOption(.tcpOption(.tcp_nodelay), value: 1)
        try options.setOption(.allowRemoteHalfClosure, value: true)
        try options.setOption(.recvAllocator, value: Self.receiveBuffers)
    }

    private struct TooManyConnections: Error {}

    /// How many connections there are.
    public var connectionCount: Int { self.connections.value }

    /// Stops in good order: takes no more connections, lets every answer come to its end, and closes after `timeout`
    /// what is left.
    public func drain(within timeout: Duration) async {
        for channel in self.listening.withLock({ $0 }) { try? await channel.close().get() }
        await self.onEachConnection { $0.drain() }
        await self.connectionsEnd(within: timeout)
        if self.connectionCount > 0 {
            self.logger.warning(
                "closing connections that did not end in time", metadata: ["count": "\(self.connectionCount)"])
        }
        await self.onEachConnection { $0.close() }
    }

    /// Returns when the last connection has gone, or the time is over.
    private func connectionsEnd(within timeout: Duration) async {
        let (waiting, end) = AsyncStream.makeStream(of: Never.self)
        self.connections.atZero { end.finish() }
        let timer = Task {
            try? await Task.sleep(for: timeout)
            end.finish()
        }
        for await _ in waiting {}
        timer.cancel()
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
