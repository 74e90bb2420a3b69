public import Channels

/// A pattern for channel names in which a claim of whoever asks may stand: `user.{sub}.*`.
///
/// `*` stands for any number of bytes, `{claim}` for the claim's value as one segment, percent-encoded but for letters, digits, `-` and
/// `_`: a value can neither be a pattern nor reach beyond its segment. All else stands for itself.
public struct NameTemplate: Hashable, Sendable {
    enum Piece: Hashable {
        case byte(UInt8)
        case any
        case claim(String)
    }

    /// As it was written.
    public let text: String
    let pieces: [Piece]
    /// What it is for everybody; `nil` if that depends on who asks.
    let pattern: NamePattern?
    /// The bytes in front of the first piece that is none.
    let prefix: [UInt8]

    /// - Throws: ``InvalidNameTemplate`` for a brace that is not closed, or that names no claim.
    public init(_ text: String) throws(InvalidNameTemplate) {
        // Longer than any name.
        guard text.utf8.count <= 4 * ChannelName.maximumLength else { throw InvalidNameTemplate() }
        self.text = text
        self.pieces = try Self.pieces(of: Array(text.utf8))
        self.prefix = self.pieces.prefix { if case .byte = $0 { true } else { false } }.map {
            if case .byte(let byte) = $0 { byte } else { 0 }
        }
        let dependsOnClaims = self.pieces.contains { if case .claim = $0 { true } else { false } }
        self.pattern = dependsOnClaims ? nil : NamePattern(text)
    }

    private static func pieces(of text: [UInt8]) throws(InvalidNameTemplate) -> [Piece] {
        var pieces: [Piece] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "*"): pieces.append(.any)
            case UInt8(ascii: "{"):
                guard let end = rest.firstIndex(of: UInt8(ascii: "}")), end > rest.startIndex else {
                    throw InvalidNameTemplate()
                }
                pieces.append(.claim(String(decoding: rest[..<end], as: UTF8.self)))
                rest = rest[(end + 1)...]
            case UInt8(ascii: "}"): throw InvalidNameTemplate()
            default: pieces.append(.byte(byte))
            }
        }
        return pieces
    }

    /// How many bytes stand for themselves: the more, the closer it describes a name.
    public var literalCount: Int { self.pieces.count { if case .byte = $0 { true } else { false } } }

    /// Whether a name fits whoever has some claims.
    public func matches(_ name: ChannelName, claims: Claims) -> Bool {
        if let pattern = self.pattern { return pattern.matches(name) }
        return self.filled(with: claims)?.matches(name) ?? false
    }

    /// The pattern that it is for somebody; `nil` if a claim is missing or empty.
    private func filled(with claims: Claims) -> NamePattern? {
        var bytes: [UInt8] = []
        for piece in self.pieces {
            switch piece {
            case .byte(let byte): bytes.append(byte)
            case .any: bytes.append(UInt8(ascii: "*"))
            case .claim(let name):
                guard let value = claims.segment(name) else { return nil }
                bytes.append(contentsOf: value)
                // No name is as long: it need not be put together.
                guard bytes.count <= 2 * ChannelName.maximumLength + self.pieces.count else { return nil }
            }
        }
        return NamePattern(bytes)
    }
}

/// A pattern with a brace that is not closed, or has no claim's name in it.
public struct InvalidNameTemplate: Error, Equatable, CustomStringConvertible {
    public init() {}

    public var description: String {
        "a pattern has at most 1024 bytes, and '{' and '}' the name of a claim between them, as in user.{sub}.*"
    }
}
