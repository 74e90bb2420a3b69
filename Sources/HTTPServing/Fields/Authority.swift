#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Host and port, as the field `Host`, `:authority`, a URL or an origin names them (RFC 3986, section 3.2; RFC 9110,
/// section 4.2.3: user information has no place in any of these).
package struct Authority: Hashable, Sendable, CustomStringConvertible {
    /// In lower case; an IPv6 address without its brackets.
    package let host: String
    /// `nil` where none is named, and so the scheme's own.
    package let port: Int?
    /// Whether the host is an IP address and no name. Nobody can lead an address elsewhere, as one can a name.
    package let isAddress: Bool

    /// - Returns: `nil` for what is no host with or without port: an empty host, user information, a broken address, a
    ///   byte that must be percent-encoded, a port over 65,535.
    package init?(_ text: some StringProtocol) {
        var text = String(text)
        guard let authority = text.withUTF8({ Authority(UnsafeRawBufferPointer($0)) }) else { return nil }
        self = authority
    }

    init?(_ bytes: UnsafeRawBufferPointer) {
        guard let parts = Parts(bytes) else { return nil }
        let isLiteral = bytes.first == UInt8(ascii: "[")
        let host = String(decoding: bytes[parts.host], as: UTF8.self).lowercased()
        self.host = isLiteral ? Self.canonical(host.dropFirst().dropLast()) : host
        self.port = parts.port
        self.isAddress = isLiteral || Self.isIPv4(host)
    }

    private init(host: String, port: Int?, isAddress: Bool) {
        self.host = host
        self.port = port
        self.isAddress = isAddress
    }

    /// The same host at the scheme's own port.
    package var withoutPort: Authority { Authority(host: self.host, port: nil, isAddress: self.isAddress) }

    /// The host in brackets if it has colons.
    package var bracketedHost: String { self.host.contains(":") ? "[\(self.host)]" : self.host }

    package var description: String { self.bracketedHost + (self.port.map { ":\($0)" } ?? "") }

    /// Whether these bytes are an authority; makes no text of them.
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool { Parts(bytes) != nil }

    /// An IPv6 address in its one spelling (RFC 5952, section 4).
    private static func canonical(_ address: Substring) -> String {
        var bytes = (UInt64(0), UInt64(0))  // room for an address of 16 bytes
        guard inet_pton(AF_INET6, String(address), &bytes) == 1 else { return String(address) }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &bytes, &text, socklen_t(text.count)) != nil else { return String(address) }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func isIPv4(_ host: String) -> Bool {
        var address = UInt32(0)
        return inet_pton(AF_INET, host, &address) == 1
    }
}

extension Authority {
    /// Where its parts stand.
    private struct Parts {
        let host: Range<Int>
        let port: Int?

        init?(_ bytes: UnsafeRawBufferPointer) {
            guard let end = Self.hostEnd(bytes), end > 0 else { return nil }
            let rest = UnsafeRawBufferPointer(rebasing: bytes[end...])
            guard rest.isEmpty || rest[0] == UInt8(ascii: ":") else { return nil }
            let digits = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
            let port = digits.decimal
            // A port may be left out behind its colon (RFC 3986, section 3.2.3).
            guard digits.isEmpty || port.map({ $0 <= 65_535 }) == true else { return nil }
            self.host = 0..<end
            self.port = port
        }

        private static func hostEnd(_ bytes: UnsafeRawBufferPointer) -> Int? {
            guard bytes.first != UInt8(ascii: "[") else { return Self.literalEnd(bytes) }
            var index = 0
            while index < bytes.count, bytes[index] != UInt8(ascii: ":") {
                guard Self.isNameByte(bytes, at: index) else { return nil }
                index += 1
            }
            return index
        }

        /// Where an IPv6 address in brackets ends.
        private static func literalEnd(_ bytes: UnsafeRawBufferPointer) -> Int? {
            guard let close = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            let literal = bytes[1..<close]
            // To the C function the text ends at a NUL, so that anything could stand behind one.
            guard !literal.contains(0) else { return nil }
            var address = (UInt64(0), UInt64(0))  // room for an address of 16 bytes
            let text = String(decoding: literal, as: UTF8.self)
            return inet_pton(AF_INET6, text, &address) == 1 ? close + 1 : nil
        }

        /// Whether a byte may stand in a registered name (RFC 3986, section 3.2.2).
        private static func isNameByte(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Bool {
            switch bytes[index] {
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): true
            case UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&")...UInt8(ascii: ","), UInt8(ascii: ";"),
                UInt8(ascii: "="):
                true
            case UInt8(ascii: "%"):
                index + 2 < bytes.count && bytes[index + 1].isHexDigit && bytes[index + 2].isHexDigit
            case let byte: byte.isLetterOrDigit
            }
        }
    }
}
