/// How a token is signed (RFC 7518, section 3.1; RFC 8037, section 3.1; RFC 9864).
public enum SignatureAlgorithm: String, CaseIterable, Sendable {
    case hs256 = "HS256"
    case hs384 = "HS384"
    case hs512 = "HS512"
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case ps256 = "PS256"
    case ps384 = "PS384"
    case ps512 = "PS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
    case ed25519 = "Ed25519"

    /// - Parameter name: As a token's head has it, case and all. `EdDSA` is the older name of `Ed25519`.
    public init?(_ name: String) {
        if name == "EdDSA" { self = .ed25519 } else { self.init(rawValue: name) }
    }

    /// Whether who can verify can also sign: its key is a secret.
    public var isSymmetric: Bool { self.kind == .hmac }

    enum Kind {
        case hmac, rsa, rsaPSS, ecdsa, eddsa
    }

    var kind: Kind {
        switch self {
        case .hs256, .hs384, .hs512: .hmac
        case .rs256, .rs384, .rs512: .rsa
        case .ps256, .ps384, .ps512: .rsaPSS
        case .es256, .es384, .es512: .ecdsa
        case .ed25519: .eddsa
        }
    }

    /// How many bytes the digest has; 0 where the algorithm has its own.
    var digestSize: Int {
        switch self {
        case .hs256, .rs256, .ps256, .es256: 32
        case .hs384, .rs384, .ps384, .es384: 48
        case .hs512, .rs512, .ps512, .es512: 64
        case .ed25519: 0
        }
    }

    /// How many bytes each half of an ECDSA signature has (RFC 7518, section 3.4).
    var coordinateSize: Int {
        switch self {
        case .es256: 32
        case .es384: 48
        case .es512: 66
        default: 0
        }
    }

    /// The curve, as a JWK and as OpenSSL name it.
    var curve: (jwk: String, openSSL: String)? {
        switch self {
        case .es256: ("P-256", "prime256v1")
        case .es384: ("P-384", "secp384r1")
        case .es512: ("P-521", "secp521r1")
        default: nil
        }
    }
}
