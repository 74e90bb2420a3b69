public import JSON

/// The keys of an issuer of tokens, replaced as a whole.
public struct KeySet: Sendable {
    public let keys: [VerificationKey]

    public init(_ keys: [VerificationKey]) {
        self.keys = keys
    }

    /// Takes a JWK set (RFC 7517, section 5). Keys in it that are foreign or of no use are passed over, as long as one is left.
    ///
    /// - Throws: ``UnusableKey`` where nothing in it can be used.
    public init(jwks: JSONValue, allowed: [SignatureAlgorithm]) throws(UnusableKey) {
        guard let elements = jwks["keys"]?.elements else { throw UnusableKey("the document has no array keys") }
        self.init(
            elements.prefix(Self.most).compactMap { try? VerificationKey(jwk: $0, allowed: allowed) })
        if self.keys.isEmpty { throw UnusableKey("none of its keys can be used") }
    }

    /// How many keys of one document are taken.
    private static let most = 100

    /// The keys that may have signed a token: those of its name, or all, if it has none.
    func keys(named id: String?) -> [VerificationKey] {
        guard let id else { return self.keys }
        return self.keys.filter { $0.id == id || $0.id == nil }
    }
}
