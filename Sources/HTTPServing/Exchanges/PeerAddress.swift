import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The address that a connection comes from, without its port. A few bytes that cost nothing to hand on.
public enum PeerAddress: Hashable, Sendable {
    /// In the order of the text: `127.0.0.1` begins with 127.
    case ipv4(UInt8, UInt8, UInt8, UInt8)
    /// The upper and the lower half.
    case ipv6(UInt64, UInt64)

    /// Whether it is an address of this machine's loopback.
    public var isLoopback: Bool {
        switch self {
        case .ipv4(let first, _, _, _): first == 127
        case .ipv6(let upper, let lower): upper == 0 && lower == 1
        }
    }

    /// - Returns: `nil` for an address that is of neither kind. One of IPv4 that comes over a socket of IPv6
    ///   (RFC 4291, section 2.5.5.2) is one of IPv4.
    init?(_ address: SocketAddress?) {
        switch address {
        case .v4:
            guard let bytes = Self.bytes(of: address, AF_INET, count: 4) else { return nil }
            self.init(bytes: bytes)
        case .v6:
            guard let bytes = Self.bytes(of: address, AF_INET6, count: 16) else { return nil }
            self.init(bytes: bytes)
        case .unixDomainSocket, nil: return nil
        }
    }

    private static func bytes(of address: SocketAddress?, _ family: CInt, count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        guard let text = address?.ipAddress, inet_pton(family, text, &bytes) == 1 else { return nil }
        return bytes
    }

    /// - Parameter bytes: 4 or 16 of them; `nil` for any other number.
    init?(bytes: [UInt8]) {
        switch bytes.count {
        case 4: self = .ipv4(bytes[0], bytes[1], bytes[2], bytes[3])
        case 16: self.init(ipv6: bytes)
        default: return nil
        }
    }

    private init(ipv6 bytes: [UInt8]) {
        let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
        if bytes.starts(with: mapped) {
            self = .ipv4(bytes[12], bytes[13], bytes[14], bytes[15])
        } else {
            let halves = [bytes[..<8], bytes[8...]].map { half in half.reduce(0) { $0 << 8 | UInt64($1) } }
            self = .ipv6(halves[0], halves[1])
        }
    }
}

extension PeerAddress: CustomStringConvertible {
    /// As RFC 5952 writes it.
    public var description: String {
        switch self {
        case .ipv4(let a, let b, let c, let d): "\(a).\(b).\(c).\(d)"
        case .ipv6(let upper, let lower): Self.text(upper, lower)
        }
    }

    private static func text(_ upper: UInt64, _ lower: UInt64) -> String {
        var address = (upper.bigEndian, lower.bigEndian)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { text in
            guard inet_ntop(AF_INET6, &address, text.baseAddress, socklen_t(text.count)) != nil else { return "" }
            return text.baseAddress.map { String(cString: $0) } ?? ""
        }
    }
}
