#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The addresses that begin with the same bits (CIDR, RFC 4632, section 3.1): `10.0.0.0/8`, `2001:db8::/32`. An address
/// alone is a network of one.
public struct Network: Hashable, Sendable {
    private let address: PeerAddress
    /// How many of the first bits are the network's.
    private let length: Int

    /// - Returns: `nil` if the text is no address with or without a length, or has bits behind its length: who writes
    ///   `10.0.0.1/8` may mean either of two things.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = PeerAddress(text: String(first)) else { return nil }
        self.address = address
        guard parts.count == 2 else {
            self.length = address.bitCount
            return
        }
        // An IPv4 address in an IPv6 network's spelling was made one of IPv4, whose bits are counted from 96 on.
        let skipped = first.contains(":") ? 128 - address.bitCount : 0
        guard parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy(\.isDigit), let length = Int(parts[1]),
            skipped...128 ~= length, length - skipped <= address.bitCount
        else { return nil }
        self.length = length - skipped
        guard address.prefix(self.length) == address else { return nil }
    }

    public func contains(_ address: PeerAddress) -> Bool {
        address.bitCount == self.address.bitCount && address.prefix(self.length) == self.address
    }
}

extension Network: CustomStringConvertible {
    public var description: String { "\(self.address)/\(self.length)" }
}

extension PeerAddress {
    /// - Returns: `nil` for a text that is no address. The blanks, zones and short forms that some functions take are
    ///   none.
    public init?(text: String) {
        guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET6, text, &bytes) == 1 {
            self.init(bytes: bytes)
        } else if inet_pton(AF_INET, text, &bytes) == 1 {
            self.init(bytes: Array(bytes.prefix(4)))
        } else {
            return nil
        }
    }

    /// 32 or 128.
    var bitCount: Int {
        switch self {
        case .ipv4: 32
        case .ipv6: 128
        }
    }

    /// The first bits as they are, and 0 behind them.
    public func prefix(_ length: Int) -> PeerAddress {
        switch self {
        case .ipv4(let a, let b, let c, let d):
            let bits = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
            let kept = length >= 32 ? bits : bits & ~(UInt32.max >> UInt32(max(length, 0)))
            return .ipv4(
                UInt8(truncatingIfNeeded: kept >> 24), UInt8(truncatingIfNeeded: kept >> 16),
                UInt8(truncatingIfNeeded: kept >> 8), UInt8(truncatingIfNeeded: kept))
        case .ipv6(let upper, let lower):
            return .ipv6(Self.kept(upper, length), Self.kept(lower, length - 64))
        }
    }

    private static func kept(_ half: UInt64, _ length: Int) -> UInt64 {
        length >= 64 ? half : half & ~(UInt64.max >> UInt64(max(length, 0)))
    }
}
