/// The names and addresses by which a machine reaches itself.
public enum Loopback {
    /// - Parameter host: A name or an address, an IPv6 address without brackets.
    public static func has(_ host: String) -> Bool {
        let host = host.lowercased()
        if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" { return true }
        return host.hasPrefix("127.") && Authority(host)?.isAddress == true
    }

    private static let usual: [StaticString] = ["localhost", "127.0.0.1", "[::1]"]

    /// Whether a host is one that clients write most often, alone or with a port; makes no text of it.
    static func isUsual(_ authority: UnsafeRawBufferPointer) -> Bool {
        self.usual.contains { host in
            guard authority.count >= host.utf8CodeUnitCount else { return false }
            let end = authority.index(authority.startIndex, offsetBy: host.utf8CodeUnitCount)
            let rest = authority[end...]
            return UnsafeRawBufferPointer(rebasing: authority[..<end]).elementsEqual(
                UnsafeRawBufferPointer(start: host.utf8Start, count: host.utf8CodeUnitCount))
                && (rest.isEmpty || rest.first == UInt8(ascii: ":"))
        }
    }
}
