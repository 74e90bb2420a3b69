/// Who gives out tokens that are taken here, and what must hold of them.
public struct TokenIssuer: Sendable {
    /// What the claim `iss` must be; `nil` if it may be anything, or missing.
    public var issuer: String?
    /// One of which the claim `aud` must be; empty if that is not looked at. A token that names an audience is then refused.
    public var audience: [String] = []
    public var algorithms: [SignatureAlgorithm]
    /// What the field `typ` may be, in lower case and without `application/`; a token without one is taken.
    public var types = ["jwt", "at+jwt"]
    /// Where the grants stand.
    public var grants = GrantsSource.claim("pollux")
    public var keys: KeySet

    public init(issuer: String? = nil, algorithms: [SignatureAlgorithm], keys: KeySet) {
        self.issuer = issuer
        self.algorithms = algorithms
        self.keys = keys
    }
}

/// Where in a token its grants stand.
public enum GrantsSource: Equatable, Sendable {
    /// A claim that is an object of grants.
    case claim(String)
    /// The claim `scope` (RFC 9068, section 2.2.3): `read:orders.* publish:orders.7`, of which what is no grant is passed over.
    case scope
}
