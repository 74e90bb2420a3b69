import NIOCore
import NIOPosix
import PolluxClient

#if canImport(Glibc)
    import Glibc
#endif

/// Makes connections to the server.
struct Dialer: Sendable {
    /// How many addresses of the loopback connections may come from.
    private static let mostAddresses = 250
    private static let connectTimeout = TimeAmount.seconds(10)

    private let address: SocketAddress
    private let road: Road
    /// How many connections come from one address of the loopback: some of its ports may be taken.
    private let connectionsOfAddress: Int

    /// - Parameters:
    ///   - connections: How many there will be.
    ///   - ports: How many ports one address has for them.
    /// - Throws: `LoadError.unreachable` if the host has no address, `LoadError.tooFewPorts`. Blocks while the name is looked
    ///   up.
    init(
        _ server: ServerURL, _ road: Road, connections: Int, ports: Int = LocalPorts.count
    ) throws(LoadError) {
        do {
            self.address = try SocketAddress.makeAddressResolvingHost(server.host, port: server.port)
        } catch {
            throw .unreachable("there is no host \(server.host)")
        }
        self.road = road
        self.connectionsOfAddress = max(1, ports * 2 / 3)
        let most = Self.comesFromMany(self.address) ? self.connectionsOfAddress * Self.mostAddresses : ports
        guard connections <= most else { throw .tooFewPorts(connections, of: most) }
    }

    /// Connects, with the handlers that the road and the caller want.
    ///
    /// - Parameters:
    ///   - number: Which of the connections it is; those to the loopback come from several addresses if they are many.
    ///   - handlers: Called on the loop, which this must be called on too.
    func dial(
        _ number: Int, on eventLoop: any EventLoop, _ version: Workload.HTTPVersion,
        _ handlers: @escaping () -> [any ChannelHandler]
    ) -> EventLoopFuture<any Channel> {
        let handlers = NIOLoopBound(handlers, eventLoop: eventLoop)
        let road = self.road
        var bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(Self.connectTimeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try road.prepare(channel, version)
                    try channel.pipeline.syncOperations.addHandlers(handlers.value())
                }
            }
        if let source = self.source(number) {
            bootstrap = bootstrap.channelOption(Self.bindsWithoutPort, value: 1).bind(to: source)
        }
        return bootstrap.connect(to: self.address)
    }

    /// With this option the kernel picks the port when it connects, so that only pairs of addresses must differ.
    private static let bindsWithoutPort = ChannelOptions.Types.SocketOption(
        level: .init(rawValue: CInt(IPPROTO_IP)), name: .init(rawValue: 24))

    /// An address of the loopback to come from; `nil` leaves it to the kernel.
    private func source(_ number: Int) -> SocketAddress? {
        guard Self.comesFromMany(self.address), number >= self.connectionsOfAddress else { return nil }
        return try? SocketAddress(ipAddress: "127.0.0.\(1 + number / self.connectionsOfAddress)", port: 0)
    }

    /// Whether connections to the address may come from several. Only Linux has more than one of the loopback.
    private static func comesFromMany(_ address: SocketAddress) -> Bool {
        #if os(Linux)
            guard case .v4 = address else { return false }
            return address.ipAddress == "127.0.0.1"
        #else
            return false
        #endif
    }

    /// What to tell of an error.
    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as IOError where error.errnoCode == EMFILE || error.errnoCode == ENFILE:
            "too few files may be open; raise the limit (ulimit -n)"
        case let error as IOError where error.errnoCode == EADDRNOTAVAIL:
            "this machine has no more ports for connections to one address"
        case let error as IOError:
            "\(SystemError(code: error.errnoCode))"
        case ChannelError.connectTimeout:
            "no connection within 10 seconds"
        default:
            "\(error)"
        }
    }
}
