/// The names and addresses by which a machine reaches itself.
public enum Loopback {
    /// - Parameter host: A name or an address, an IPv6 address without brackets.
    public static func has(_ host: String) -> Bool {
        let host = host.lowercased()
        if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
        return host.hasPrefix("127.") && Authority(host)?.isAddress == true
    }
}

extension Request {
    /// Whether it was sent to a name or an address of the loopback, as the client says.
    public var isToLoopback: Bool {
        self.authority.map { Loopback.has($0.host) } ?? false
    }
}
