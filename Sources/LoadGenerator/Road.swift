import NIOCore
public import PolluxClient
public import TLS

/// What lies between a socket and HTTP: nothing, or TLS. The one place where a handler gets before those of HTTP.
public struct Road: Sendable {
    /// Adds handlers to a new connection that is to speak this version, on the connection's loop.
    let prepare: @Sendable (any Channel, Workload.HTTPVersion) throws -> Void
    /// What `:scheme` says.
    let scheme: String

    private static let handshakeTimeout = TimeAmount.seconds(30)

    /// HTTP right on the socket.
    public static let plain = Road(scheme: "http") { _, _ in }

    /// TLS to a server.
    ///
    /// - Throws: `InvalidIdentity` if the file of authorities cannot be read.
    public static func secure(_ server: ServerURL, trust: TLSClientConfiguration.Trust) throws(InvalidIdentity) -> Road
    {
        let http1 = try TLSContext.client(TLSClientConfiguration(trust: trust, protocols: ["http/1.1"]))
        let http2 = try TLSContext.client(TLSClientConfiguration(trust: trust, protocols: ["h2"]))
        return Road(scheme: "https") { channel, version in
            let context = version == .http2 ? http2 : http1
            try channel.pipeline.syncOperations.addHandler(
                TLSHandler(context, host: server.host, handshakeTimeout: Self.handshakeTimeout))
        }
    }

    private init(
        scheme: String, prepare: @escaping @Sendable (any Channel, Workload.HTTPVersion) throws -> Void
    ) {
        self.scheme = scheme
        self.prepare = prepare
    }
}
