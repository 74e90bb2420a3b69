/// The keys of an issuer of tokens, replaced as a whole.
public struct KeySet: Sendable {
    public let keys: [VerificationKey]

    public init(_ keys: [VerificationKey]) {
        self.keys = keys
    }

    /// The most keys that are tried for one token: a forged one costs as many signatures.
    private static let mostCandidates = 4

    /// Whether one has this name.
    func contains(named id: String?) -> Bool { id != nil && self.keys.contains { $0.id == id } }

    /// The keys that may have signed a token: those of its name and algorithm, or those that have no name, or all, if it has none;
    /// `nil` where these are too many to be tried.
    func keys(named id: String?, for algorithm: SignatureAlgorithm) -> [VerificationKey]? {
        let fitting = self.keys.filter { $0.algorithms.contains(algorithm) }
        let named = id.map { id in fitting.filter { $0.id == id } } ?? fitting
        let candidates = named.isEmpty ? fitting.filter { $0.id == nil } : named
        return candidates.count <= Self.mostCandidates ? candidates : nil
    }
}
