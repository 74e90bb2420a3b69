/// What one proxy says of the one that asked it.
struct ForwardedHop: Equatable {
    /// `nil` if it is not said or cannot be read, as `unknown` and `_hidden` (RFC 7239, section 6).
    let address: PeerAddress?
    /// Whether it asked under TLS; `nil` if that is not said.
    let isSecure: Bool?

    /// The hops of all lines of the field `Forwarded` (RFC 7239, section 4), in their order.
    static func hops(forwarded lines: [String]) -> [ForwardedHop] {
        var hops: [ForwardedHop] = []
        for var line in lines {
            line.withUTF8 { bytes in
                UnsafeRawBufferPointer(bytes).forEachMember { hops.append(ForwardedHop(forwarded: $0)) }
            }
        }
        return hops
    }

    /// The hops of all lines of `X-Forwarded-For`, with what `X-Forwarded-Proto` says: of each hop, or, where the two
    /// are not of one length, its last member of all.
    static func hops(for addresses: [String], proto schemes: [String]) -> [ForwardedHop] {
        let addresses = Self.members(addresses)
        let schemes = Self.members(schemes).map { Self.isSecure($0) }
        guard !addresses.isEmpty else {
            return schemes.last.map { [ForwardedHop(address: nil, isSecure: $0)] } ?? []
        }
        return addresses.enumerated().map { index, text in
            let isSecure = schemes.count == addresses.count ? schemes[index] : schemes.last ?? nil
            return ForwardedHop(address: Self.address(text), isSecure: isSecure)
        }
    }

    /// Quotes mean nothing in these fields: a client that sends one must not hide what a proxy appends to it.
    private static func members(_ lines: [String]) -> [String] {
        lines.flatMap { $0.split(separator: ",") }
            .map { String($0).trimmed }.filter { !$0.isEmpty }
    }

    /// An address as proxies write it: alone, with a port, in brackets.
    private static func address(_ text: String) -> PeerAddress? {
        if let address = PeerAddress(text: text) { return address }
        guard let authority = Authority(text), authority.isAddress else { return nil }
        return PeerAddress(text: authority.host)
    }

    private static func isSecure(_ scheme: String) -> Bool? {
        switch scheme.lowercased() {
        case "https", "wss": true
        case "http", "ws": false
        default: nil
        }
    }
}

extension ForwardedHop {
    /// A member of the field `Forwarded`: `for="[2001:db8::1]:80";proto=https`.
    ///
    /// It says nothing unless all of it is as the grammar has it. Otherwise a client could send `for=192.0.2.1;x="`, and
    /// what a proxy appends to that would count as part of a text in quotes.
    fileprivate init(forwarded member: UnsafeRawBufferPointer) {
        var values: [String: String]? = [:]
        member.forEachPart(separator: UInt8(ascii: ";")) { part in
            guard let (name, value) = Self.pair(part), values?.updateValue(value, forKey: name) == nil else {
                values = nil
                return
            }
        }
        self.init(
            address: values?["for"].flatMap { Self.address($0) },
            isSecure: values?["proto"].flatMap { Self.isSecure($0) })
    }

    /// `name=value`, the value a text in quotes, or a token in which proxies have the signs of an address too.
    private static func pair(_ bytes: UnsafeRawBufferPointer) -> (name: String, value: String)? {
        guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")), equals > 0, bytes[..<equals].allSatisfy(\.isToken)
        else { return nil }
        let value = bytes[(equals + 1)...]
        let name = String(decoding: bytes[..<equals], as: UTF8.self).lowercased()
        if value.first == UInt8(ascii: "\"") {
            return Self.unquoted(value).map { (name, $0) }
        }
        guard !value.isEmpty, value.allSatisfy({ $0.isToken || ":[]".utf8.contains($0) }) else { return nil }
        return (name, String(decoding: value, as: UTF8.self))
    }

    /// What stands in quotes (RFC 9110, section 5.6.4); `nil` if they are not closed by the last byte.
    private static func unquoted(_ bytes: Slice<UnsafeRawBufferPointer>) -> String? {
        var text: [UInt8] = []
        var rest = bytes.dropFirst()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return rest.isEmpty ? String(decoding: text, as: UTF8.self) : nil
            case UInt8(ascii: "\\"):
                guard let escaped = rest.popFirst() else { return nil }
                text.append(escaped)
            default: text.append(byte)
            }
        }
        return nil
    }
}
