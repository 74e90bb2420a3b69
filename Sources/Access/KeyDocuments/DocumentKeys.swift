public import JSON

/// The keys of a JWK set (RFC 7517, section 5) that can be used.
public struct DocumentKeys: Sendable {
    private struct Entry: Sendable {
        let jwk: JSONValue
        let key: VerificationKey
    }

    /// How many keys of one document are taken.
    private static let most = 100

    private let entries: [Entry]

    public static let none = DocumentKeys()

    private init() { self.entries = [] }

    /// Keys in it that are foreign or of no use are passed over, as long as one is left.
    ///
    /// - Parameters:
    ///   - allowed: The algorithms that the issuer uses.
    ///   - older: What there was before: a key that is still the same stays the same object, so that what it has verified stays good.
    /// - Throws: ``UnusableKey`` where nothing in it can be used.
    public init(
        _ document: JSONValue, allowed: [SignatureAlgorithm], after older: DocumentKeys = .none
    ) throws(UnusableKey) {
        guard let elements = document["keys"]?.elements else { throw UnusableKey("the document has no array keys") }
        self.entries = elements.prefix(Self.most).compactMap { jwk in
            older.entries.first { $0.jwk == jwk }
                ?? (try? VerificationKey(jwk: jwk, allowed: allowed)).map { Entry(jwk: jwk, key: $0) }
        }
        if self.entries.isEmpty { throw UnusableKey("none of its keys can be used") }
    }

    public var keys: [VerificationKey] { self.entries.map(\.key) }

    /// Those that another one does not have.
    func keys(notIn other: DocumentKeys) -> [VerificationKey] {
        self.keys.filter { key in !other.entries.contains { $0.key === key } }
    }
}
