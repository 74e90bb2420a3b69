public import TLS

/// Where connections are accepted, and what they get there.
public struct Listener: Sendable {
    /// An address or a name; default `127.0.0.1`.
    public var host = "127.0.0.1"
    /// 0 takes any that is free; default 8080.
    public var port = 8080
    /// What a new connection is secured with; asked for with each one, so that certificates can be replaced. Without it
    /// connections are plain.
    public var tls: (@Sendable () -> TLSContext)?
    /// For how many seconds browsers are told to come by TLS only (HSTS, RFC 6797); not told without.
    public var transportSecurity: Int?
    /// Whether all that is asked for here is said to be found under `https`, on the port of the first listener with
    /// TLS.
    public var redirects = false
    /// Whether each connection must begin with a PROXY header, which says who has connected to the proxy; one without is
    /// closed.
    public var proxyProtocol = false

    public init(host: String = "127.0.0.1", port: Int = 8080) {
        self.host = host
        self.port = port
    }

    /// As it stands in the configuration.
    public var address: String { self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)" }
}
