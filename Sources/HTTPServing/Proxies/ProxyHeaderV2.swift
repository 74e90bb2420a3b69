/// Version 2 of the PROXY protocol: bytes (section 2.2).
enum ProxyHeaderV2 {
    /// What stands before the addresses: the signature of 12 bytes, version and command, family, length.
    private static let fixedSize = 16

    /// The bytes that no text of version 1 and no request begins with.
    static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

    /// - Parameter bytes: Beginning with the signature.
    static func parse(_ bytes: [UInt8]) -> ProxyHeader.Parsing {
        // Each byte is judged as soon as it is there: who sends a wrong one is not waited for.
        var rest = bytes[Self.signature.count...]
        guard let command = rest.popFirst() else { return .incomplete }
        guard command == 0x20 || command == 0x21 else { return .invalid }
        guard let family = rest.popFirst() else { return .incomplete }
        guard command == 0x20 || Self.addressSize(family) != nil else { return .invalid }
        guard let upper = rest.popFirst(), let lower = rest.popFirst() else { return .incomplete }
        let (length, least) = (Int(upper) << 8 | Int(lower), command == 0x21 ? Self.addressSize(family) ?? 0 : 0)
        guard length >= least, Self.fixedSize + length <= ProxyHeader.maximumSize else { return .invalid }
        guard rest.count >= length else { return .incomplete }
        let size = Self.fixedSize + length
        guard command == 0x21 else { return .header(ProxyHeader(), size: size) }
        let body = rest.prefix(length)
        guard let values = Self.values(body.dropFirst(least)), Self.isIntact(bytes[..<size], values) else {
            return .invalid
        }
        return .header(
            ProxyHeader(source: Self.source(family, body.prefix(least)), isSecure: Self.isSecure(values)), size: size)
    }

    /// How many bytes both addresses take; `nil` for what is not served: no stream.
    private static func addressSize(_ family: UInt8) -> Int? {
        switch family {
        case 0x00: 0
        case 0x11: 12
        case 0x21: 36
        case 0x31: 216
        default: nil
        }
    }

    private static func source(_ family: UInt8, _ bytes: ArraySlice<UInt8>) -> PeerAddress? {
        switch family {
        case 0x11: PeerAddress(bytes: Array(bytes.prefix(4)))
        case 0x21: PeerAddress(bytes: Array(bytes.prefix(16)))
        default: nil
        }
    }
}

extension ProxyHeaderV2 {
    /// What is said beside the addresses (TLV): a type, a length of two bytes, the value.
    private struct Value {
        let type: UInt8
        let bytes: ArraySlice<UInt8>
    }

    private static let checksum: UInt8 = 0x03
    private static let tls: UInt8 = 0x20

    /// - Returns: `nil` if a value reaches over the end.
    private static func values(_ bytes: ArraySlice<UInt8>) -> [Value]? {
        var (rest, values) = (bytes, [Value]())
        while let type = rest.popFirst() {
            guard let upper = rest.popFirst(), let lower = rest.popFirst() else { return nil }
            let length = Int(upper) << 8 | Int(lower)
            guard rest.count >= length else { return nil }
            values.append(Value(type: type, bytes: rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return values
    }

    /// Whether a checksum, if there is one, is that of the header with zeros in its place.
    ///
    /// - Parameter header: All of it. The values' indices are its own.
    private static func isIntact(_ header: ArraySlice<UInt8>, _ values: [Value]) -> Bool {
        let sums = values.filter { $0.type == Self.checksum }
        guard let sum = sums.first else { return true }
        guard sums.count == 1, sum.bytes.count == 4 else { return false }
        var zeroed = Array(header)
        zeroed.replaceSubrange(sum.bytes.indices, with: [0, 0, 0, 0])
        return CRC32C.of(zeroed) == sum.bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Bit 0 of the first byte says that the client has come under TLS (section 2.2.6).
    private static func isSecure(_ values: [Value]) -> Bool {
        values.contains { $0.type == Self.tls && ($0.bytes.first ?? 0) & 1 == 1 }
    }
}

/// The checksum of Castagnoli (RFC 3720, appendix B.4).
enum CRC32C {
    static func of(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0x82F6_3B78 : 0) }
        }
    }
}
