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

    /// The most keys that are tried for one token: a forged one costs as many signatures.
    private static let mostCandidates = 4

    /// The keys that may have signed a token: those of its name and algorithm, or those that have no name, or all, if it has none;
    /// `nil` where these are too many to be tried.
    func keys(named id: String?, for algorithm: SignatureAlgorithm) -> [VerificationKey]? {
        let fitting = self.keys.filter { $0.algorithms.contains(algorithm) }
        let named = id.map { id in fitting.filter { $0.id == id } } ?? fitting
        let candidates = named.isEmpty ? fitting.filter { $0.id == nil } : named
        return candidates.count <= Self.mostCandidates ? candidates : nil
    }
}
