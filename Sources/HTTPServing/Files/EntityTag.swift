/// Names one state of a file (RFC 9110, section 8.8.3).
struct EntityTag: Equatable, Sendable, CustomStringConvertible {
    /// What stands between the quotes.
    let opaque: String
    let isWeak: Bool

    init(_ opaque: String, isWeak: Bool = false) {
        self.opaque = opaque
        self.isWeak = isWeak
    }

    var description: String { "\(self.isWeak ? "W/" : "")\"\(self.opaque)\"" }

    /// The same bytes (section 8.8.3.2).
    func matchesStrongly(_ other: EntityTag) -> Bool { self == other && !self.isWeak }

    /// As good as the same.
    func matchesWeakly(_ other: EntityTag) -> Bool { self.opaque == other.opaque }
}

extension EntityTag {
    /// Those of a list, as `If-Match` and `If-None-Match` have it, up to the first that is malformed.
    static func list(_ text: String) -> [EntityTag] {
        var tags: [EntityTag] = []
        var rest = text[...]
        while let tag = Self.takeFirst(from: &rest) { tags.append(tag) }
        return tags
    }

    private static func takeFirst(from rest: inout Substring) -> EntityTag? {
        rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "," }
        let isWeak = rest.hasPrefix("W/")
        let quoted = isWeak ? rest.dropFirst(2) : rest
        guard quoted.first == "\"", let end = quoted.dropFirst().firstIndex(of: "\"") else { return nil }
        rest = quoted[quoted.index(after: end)...]
        return EntityTag(String(quoted[..<end].dropFirst()), isWeak: isWeak)
    }
}
