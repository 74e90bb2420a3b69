public import NIOCore

/// The limits that HTTP clients are held to.
public struct Limits: Sendable {
    /// The most bytes of a request's head: target, names and values; default 16 KiB.
    public var headSize = 16 << 10
    /// The most header fields; default 100.
    public var headerCount = 100
    /// The most bytes of a request's content; default 1 MiB.
    public var bodySize = 1 << 20
    /// How long a head may take from its first byte, and a new connection until its first head; default 10 s.
    public var headTimeout = TimeAmount.seconds(10)
    /// Over which span content must bring at least ``ContentPace/leastRate``; default 30 s. It may take as long as it
    /// does.
    public var bodyTimeout = TimeAmount.seconds(30)
    /// How long a connection may wait for its next request; default 75 s.
    public var idleTimeout = TimeAmount.seconds(75)
    /// How long a client may take nothing of what is written to it; default 30 s.
    public var writeTimeout = TimeAmount.seconds(30)
    /// How long a connection is read on behind its last answer, so that the client gets all of it; default 2 s.
    public var lingerTimeout = TimeAmount.seconds(2)
    /// The most connections; what comes beyond is answered and closed. Default 10,000.
    public var connections = 10_000

    /// The most requests and streams under way on one HTTP/2 connection; default 250.
    public var streams = 250
    /// How long an HTTP/2 client may be silent before it is asked whether it is still there; default 30 s.
    public var pingInterval = TimeAmount.seconds(30)

    public init() {}
}
