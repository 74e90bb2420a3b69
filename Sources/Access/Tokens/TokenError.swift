/// Why a token is not taken. Says nothing of what is in it.
public enum TokenError: Error, Equatable, Sendable {
    case tooLong(most: Int)
    case malformed(String)
    /// It is no token but a key, and none that is known here.
    case unknownAccessKey
    case algorithm
    case issuer
    /// No key of the issuer has the name that the token gives: its keys may have changed.
    case unknownKey
    /// The same, and they are being fetched: the answer is known when that has ended.
    case keysAwaited(KeyDocument)
    /// The same, and the issuer does not give them at the moment.
    case keysUnavailable
    /// It does not say by which of the issuer's many keys it is signed.
    case severalKeys
    case signature
    case expired
    /// It was taken back.
    case revoked
    case notYetValid
    case audience
    case type
    /// It needs something that is not understood here.
    case critical
    case grants(InvalidGrants)
    /// Too many wrong ones came from the same place: nothing is verified before so many seconds are over.
    case tooManyFailures(retryAfter: Int)
}

extension TokenError {
    /// Whether it says nothing of the token: the same one may be good in a moment.
    public var isPassing: Bool {
        switch self {
        case .keysAwaited, .keysUnavailable, .tooManyFailures: true
        default: false
        }
    }
}

extension TokenError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooLong(let most): "the token is longer than \(most) bytes (limits.tokenSize)"
        case .malformed(let what): "the token is no signed JWT: \(what)"
        case .unknownAccessKey: "it is not a key of this server (access.keys, access.keyFile)"
        case .algorithm: "the token's alg is none that its issuer may use (access.issuers[].algorithms)"
        case .issuer: "the token's iss is none of access.issuers"
        case .unknownKey: "no key of the issuer has the token's kid"
        case .keysAwaited, .keysUnavailable: "the keys of the token's issuer are not there at the moment; try again"
        case .severalKeys: "the token names none of its issuer's keys (kid), of which there are too many to try"
        case .signature: "the token's signature does not fit"
        case .expired: "the token has expired; get a new one"
        case .revoked: "the token or key was taken back; get a new one"
        case .notYetValid: "the token is not valid yet (nbf)"
        case .audience: "the token is for another audience (access.issuers[].audience)"
        case .type: "the token's typ is none that is taken here (access.issuers[].types)"
        case .critical: "the token has something critical that is not understood here (crit, cnf)"
        case .grants(let error): "the token's grants cannot be read: \(error)"
        case .tooManyFailures(let seconds):
            "too many wrong credentials came from this address (limits.address.failureRate); try again in \(seconds) s"
        }
    }
}
