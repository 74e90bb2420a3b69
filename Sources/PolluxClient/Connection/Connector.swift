import NIOCore
import NIOHTTP1
import NIOPosix
import TLS

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Makes connections to a server. The one place that knows what a connection's pipeline consists of.
struct Connector: Sendable {
    let server: ServerURL
    /// Whom to trust, where the server is spoken to by TLS.
    var trust = TLSClientConfiguration.Trust.system
    /// How long the server may take to accept a connection.
    var connectTimeout = TimeAmount.seconds(10)
    /// How long nothing may come, and nothing go, while an answer is due: three heartbeats of an event stream, and more than
    /// a poll is held.
    var silenceLimit = TimeAmount.seconds(45)

    /// Connects, lends the connection to `body`, and closes it.
    ///
    /// - Throws: ``ClientError/unreachable(_:)`` if there is no connection; what `body` throws.
    func withConnection<Outcome: Sendable>(
        _ body: (inout ClientConnection) async throws -> Outcome
    ) async throws -> Outcome {
        let connected = try await self.connect()
        return try await connected.executeThenClose { inbound, outbound in
            var connection = ClientConnection(
                to: self.server, over: connected.channel, inbound: inbound, outbound: outbound)
            return try await body(&connection)
        }
    }

    /// The most bytes that the system takes and has not sent (TCP_NOTSENT_LOWAT). By default it takes megabytes, and a slow
    /// line could not be told from a dead one.
    private static let mostUnsent = ChannelOptions.Types.SocketOption(
        level: .init(rawValue: CInt(IPPROTO_TCP)), name: .init(rawValue: TCP_NOTSENT_LOWAT))

    private typealias Connected = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    private func connect() async throws(ClientError) -> Connected {
        do {
            let tls = self.server.isSecure ? try TLSContext.client(.init(trust: self.trust)) : nil
            return try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connectTimeout(self.connectTimeout)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(Self.mostUnsent, value: 64 << 10)
                .connect(host: self.server.host, port: self.server.port) { channel in
                    channel.eventLoop.makeCompletedFuture { try self.initialize(channel, tls) }
                }
        } catch {
            throw ClientError(connecting: error)
        }
    }

    private func initialize(_ channel: any Channel, _ tls: TLSContext?) throws -> Connected {
        let pipeline = channel.pipeline.syncOperations
        if let tls {
            try pipeline.addHandler(TLSHandler(tls, host: self.server.host, handshakeTimeout: self.connectTimeout))
        }
        try pipeline.addHTTPClientHandlers()
        try pipeline.addHandler(BodyPiecesHandler())
        try pipeline.addHandler(SilenceHandler(limit: self.silenceLimit))
        return try Connected(wrappingChannelSynchronously: channel)
    }
}
