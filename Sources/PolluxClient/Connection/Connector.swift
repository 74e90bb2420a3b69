import NIOCore
import NIOHTTP1
import NIOPosix

/// Makes connections to a server. The one place that knows what a connection's pipeline consists of.
struct Connector: Sendable {
    let server: ServerURL
    /// How long the server may take to accept a connection.
    var connectTimeout = TimeAmount.seconds(10)
    /// How long nothing may come while an answer is due: three heartbeats of an event stream, and more than a poll is
    /// held.
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

    private typealias Connected = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    private func connect() async throws(ClientError) -> Connected {
        do {
            return try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connectTimeout(self.connectTimeout)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .connect(host: self.server.host, port: self.server.port) { channel in
                    channel.eventLoop.makeCompletedFuture { try self.initialize(channel) }
                }
        } catch {
            throw ClientError(connecting: error)
        }
    }

    private func initialize(_ channel: any Channel) throws -> Connected {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHTTPClientHandlers()
        try pipeline.addHandler(SilenceHandler(limit: self.silenceLimit))
        return try Connected(wrappingChannelSynchronously: channel)
    }
}
