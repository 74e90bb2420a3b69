import JSON

/// What a token says whose signature fits, and which is valid at the moment.
public struct VerifiedToken: Equatable, Sendable {
    public let claims: Claims
    /// From when on it is dead, in milliseconds since 1970; `nil` if never.
    public let end: Int64?
    /// `nil` if it has none of its own.
    public let grants: Grants?
    /// By which it was verified; `nil` for one that nobody can take back.
    var key: VerificationKey?

    /// When it was issued (`iat`), in milliseconds since 1970; `nil` if it does not say.
    var issuedAt: Int64? {
        self.claims["iat"]?.realValue.flatMap { $0.magnitude < 9e12 ? Int64($0 * 1_000) : nil }
    }

    public var issuer: String? { self.claims["iss"]?.stringValue }
    public var subject: String? { self.claims["sub"]?.stringValue }
    /// The claim `jti`.
    public var id: String? { self.claims["jti"]?.stringValue }
}
