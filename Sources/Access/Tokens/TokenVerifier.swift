import JSON

/// Verifies tokens: JWTs in the compact form of JWS (RFC 7515, RFC 7519), by the rules of RFC 8725.
public struct TokenVerifier: Sendable {
    public var issuers: [TokenIssuer]
    /// How far clocks may be apart, in milliseconds; default 30 s.
    public var leeway: Int64 = 30_000
    /// The most bytes of a token; default 8 KiB.
    public var tokenSize = 8 << 10

    /// Whether no issuer is known, and so no token good.
    var isEmpty: Bool { self.issuers.isEmpty }

    public init(_ issuers: [TokenIssuer]) {
        self.issuers = issuers
    }

    /// - Parameter now: Milliseconds since 1970.
    public func verify(_ token: [UInt8], at now: Int64) throws(TokenError) -> VerifiedToken {
        guard token.count <= self.tokenSize else { throw .tooLong(most: self.tokenSize) }
        let jws = try CompactJWS(token)
        let claims = Claims(try CompactJWS.object(jws.payload, "the payload"))
        let issuer = try self.issuer(of: claims)
        try Self.check(jws, issuer)
        guard let algorithm = jws.head["alg"]?.stringValue.flatMap({ SignatureAlgorithm($0) }),
            issuer.algorithms.contains(algorithm)
        else { throw .algorithm }
        let key = try Self.verifyingKey(of: jws, algorithm, issuer.keys)
        try self.checkTime(claims, now)
        try Self.checkAudience(claims, issuer)
        let end = try Self.time("exp", claims).map { $0 + self.leeway }
        return VerifiedToken(claims: claims, end: end, grants: try Self.grants(claims, issuer.grants), key: key)
    }

    /// Which issuer's rules hold for a token. What it says of itself chooses among those that are known, and no more.
    private func issuer(of claims: Claims) throws(TokenError) -> TokenIssuer {
        let name = claims["iss"]?.stringValue
        if let issuer = self.issuers.first(where: { $0.issuer != nil && $0.issuer == name }) { return issuer }
        guard let issuer = self.issuers.first(where: { $0.issuer == nil }) else { throw .issuer }
        return issuer
    }

    private static func check(_ jws: CompactJWS, _ issuer: TokenIssuer) throws(TokenError) {
        guard jws.head["crit"] == nil, jws.head["b64"] == nil else { throw .critical }
        guard let type = jws.head["typ"] else {
            if issuer.types != nil { throw .type }
            return
        }
        guard let name = type.stringValue.map(TokenIssuer.type) else { throw .type }
        guard (issuer.types ?? TokenIssuer.usualTypes).contains(name) else { throw .type }
    }

    /// The key by which a token is signed.
    private static func verifyingKey(
        of jws: CompactJWS, _ algorithm: SignatureAlgorithm, _ source: KeySource
    ) throws(TokenError) -> VerificationKey {
        let id: String?
        switch jws.head["kid"] {
        case .string(let text): id = text
        case nil: id = nil
        default: throw .malformed("its kid is no string")
        }
        let set = source.current
        guard let keys = set.keys(named: id, for: algorithm) else { throw .severalKeys }
        if let key = keys.first(where: { $0.verifies(jws.signature, of: jws.signed, by: algorithm) }) { return key }
        throw set.contains(named: id) ? .signature : source.seek(id)
    }

    // MARK: Claims

    private func checkTime(_ claims: Claims, _ now: Int64) throws(TokenError) {
        if let end = try Self.time("exp", claims), now - self.leeway >= end { throw .expired }
        if let start = try Self.time("nbf", claims), now + self.leeway < start { throw .notYetValid }
        guard claims["cnf"] == nil else { throw .critical }
    }

    /// A time in milliseconds; `nil` if it is not there. One so far away that it does not fit is as far as possible.
    private static func time(_ name: String, _ claims: Claims) throws(TokenError) -> Int64? {
        guard let claim = claims[name] else { return nil }
        guard let seconds = claim.realValue, !seconds.isNaN else { throw .malformed("\(name) is no number") }
        // Beyond this a Double holds no milliseconds, and it is some 285,000 years off.
        return Int64((min(max(seconds, -9e12), 9e12) * 1_000).rounded(.down))
    }

    private static func checkAudience(_ claims: Claims, _ issuer: TokenIssuer) throws(TokenError) {
        let named: [String]
        switch claims["aud"] {
        case nil:
            guard issuer.audience.isEmpty else { throw .audience }
            return
        case .string(let text): named = [text]
        case .array(let values): named = values.compactMap(\.stringValue)
        default: throw .audience
        }
        guard named.contains(where: issuer.audience.contains) else { throw .audience }
    }

    private static func grants(_ claims: Claims, _ source: GrantsSource) throws(TokenError) -> Grants? {
        do throws(InvalidGrants) {
            switch source {
            case .claim(let name): return try claims[name].map { object throws(InvalidGrants) in try Grants(object) }
            case .words(let name, let grants):
                return try claims[name].map { value throws(InvalidGrants) in
                    try Grants(words: value, of: name, grants)
                }
            case .scope: return try claims["scope"].map { scope throws(InvalidGrants) in try Grants(scope: scope) }
            }
        } catch {
            throw .grants(error)
        }
    }
}
