/// Who gives out tokens that are taken here, and what must hold of them.
public struct TokenIssuer: Sendable {
    /// What the claim `iss` must be; `nil` if it may be anything, or missing.
    public var issuer: String?
    /// One of which the claim `aud` must be; empty if that is not looked at. A token that names an audience is then refused.
    public var audience: [String] = []
    public var algorithms: [SignatureAlgorithm]
    /// What the field `typ` must be, as ``type(_:)`` writes it; `nil` for the usual ones or none at all.
    public var types: [String]?
    /// Where the grants stand.
    public var grants = GrantsSource.claim("pollux")
    public var keys: KeySource

    public init(issuer: String? = nil, algorithms: [SignatureAlgorithm], keys: KeySource) {
        self.issuer = issuer
        self.algorithms = algorithms
        self.keys = keys
    }
}

extension TokenIssuer {
    static let usualTypes = ["jwt", "at+jwt"]

    /// A media type as it is compared: in lower case, and without `application/` (RFC 7515, section 4.1.9).
    public static func type(_ text: String) -> String {
        let type = text.lowercased()
        return type.hasPrefix("application/") ? String(type.dropFirst("application/".count)) : type
    }
}

/// Where in a token its grants stand.
public enum GrantsSource: Equatable, Sendable {
    /// A claim that is an object of grants.
    case claim(String)
    /// The claim `scope` (RFC 9068, section 2.2.3): `read:orders.* publish:orders.7`, of which what is no grant is passed over.
    case scope
    /// A claim that is a word or an array of words, such as roles, and what each of them grants. Words that are not among them grant nothing.
    case words(claim: String, [String: Grants])
}
