public import HTTPServing

/// Which addresses count as one: an IPv4 address, or the /64 of an IPv6 address, which is what one household or machine is
/// given. An IPv6 address that stands for one of IPv4 counts as that: 6to4 (RFC 3056) and NAT64 (RFC 6052).
public struct AddressGroup: Hashable, Sendable {
    public let address: PeerAddress

    public init(_ address: PeerAddress) {
        switch address {
        case .ipv4: self.address = address
        case .ipv6(let upper, let lower) where upper == 0x0064_FF9B << 32 && lower >> 32 == 0:
            self.address = Self.ipv4(lower)
        case .ipv6(let upper, _) where upper >> 48 == 0x2002: self.address = Self.ipv4(upper >> 16)
        case .ipv6(let upper, _): self.address = .ipv6(upper, 0)
        }
    }

    /// The address that the lower 32 bits write.
    private static func ipv4(_ bits: UInt64) -> PeerAddress {
        let bytes = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: bits >> UInt64($0)) }
        return .ipv4(bytes[0], bytes[1], bytes[2], bytes[3])
    }
}
