extension OutboundResponse {
    /// For how many seconds the answer may be used again (RFC 9111, sections 4.2 and 5.2.2): what `Cache-Control` says, less its `Age`; 0
    /// where it forbids that; `nil` where it says nothing. At most a year.
    public var freshness: Int? {
        var lifetime: Int?
        for directive in self.values(of: "cache-control").flatMap(Self.directives) {
            let parts = directive.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " && $0 != "\t" } }
            switch parts.first {
            case "no-store", "no-cache": return 0
            case "max-age":
                // One that cannot be read is stale (section 4.2.1).
                let seconds = parts.count == 2 ? Self.seconds(parts[1].filter { $0 != "\"" }) ?? 0 : 0
                lifetime = min(lifetime ?? seconds, seconds)
            default: break
            }
        }
        let age = self.values(of: "age").first.flatMap { Self.seconds(String(decoding: $0, as: UTF8.self)) } ?? 0
        return lifetime.map { max(0, $0 - age) }
    }

    private static let year = 365 * 86_400

    private static func seconds(_ text: String) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return min(Int(text) ?? self.year, self.year)
    }

    /// What stands between commas that are not in quotes, in lower case.
    private static func directives(_ value: [UInt8]) -> [String] {
        var isQuoted = false
        let parts = value.split { byte in
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            return byte == UInt8(ascii: ",") && !isQuoted
        }
        return parts.map { String(decoding: $0, as: UTF8.self).lowercased() }
    }
}
