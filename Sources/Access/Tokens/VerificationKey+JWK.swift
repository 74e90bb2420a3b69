import COpenSSL
public import JSON

extension VerificationKey {
    /// Takes a key of a JWK (RFC 7517).
    ///
    /// - Parameter allowed: The algorithms that its issuer uses. A key that names its algorithm is bound to that one; another to those of
    ///   them that its type can have.
    /// - Throws: ``UnusableKey``.
    public convenience init(jwk: JSONValue, allowed: [SignatureAlgorithm]) throws(UnusableKey) {
        guard let type = jwk["kty"]?.stringValue else { throw UnusableKey("it has no kty") }
        if let use = jwk["use"]?.stringValue, use != "sig" { throw UnusableKey("its use is not sig") }
        if let operations = jwk["key_ops"]?.elements, !operations.contains(.string("verify")) {
            throw UnusableKey("its key_ops do not have verify")
        }
        let possible = Self.algorithms(type, curve: jwk["crv"]?.stringValue)
        var algorithms = possible.filter(allowed.contains)
        if let name = jwk["alg"]?.stringValue {
            guard let algorithm = SignatureAlgorithm(name) else {
                throw UnusableKey("its alg is not one for signatures")
            }
            algorithms = algorithms.filter { $0 == algorithm }
        }
        guard !algorithms.isEmpty else { throw UnusableKey("it is for none of the algorithms that its issuer may use") }
        try self.init(id: jwk["kid"]?.stringValue, algorithms, Self.material(of: jwk, type, algorithms))
    }

    private static func algorithms(_ type: String, curve: String?) -> [SignatureAlgorithm] {
        switch type {
        case "oct": SignatureAlgorithm.allCases.filter { $0.kind == .hmac }
        case "RSA": SignatureAlgorithm.allCases.filter { $0.kind == .rsa || $0.kind == .rsaPSS }
        case "EC": SignatureAlgorithm.allCases.filter { $0.curve != nil && $0.curve?.jwk == curve }
        case "OKP": curve == "Ed25519" ? [.ed25519] : []
        default: []
        }
    }

    private static func material(
        of jwk: JSONValue, _ type: String, _ algorithms: [SignatureAlgorithm]
    ) throws(UnusableKey) -> Material {
        switch type {
        case "oct":
            let secret = try Self.bytes("k", of: jwk)
            guard algorithms.allSatisfy({ $0.digestSize <= secret.count }) else { throw .shortSecret }
            return .secret(secret)
        case "RSA":
            let (n, e) = (try Self.bytes("n", of: jwk), try Self.bytes("e", of: jwk))
            return .publicKey(try Self.made { pollux_RSA_public_key(n, n.count, e, e.count) })
        case "EC":
            guard let algorithm = algorithms.first, let curve = algorithm.curve else {
                throw UnusableKey("its crv is not known")
            }
            let point = try [4] + Self.bytes("x", of: jwk) + Self.bytes("y", of: jwk)
            guard point.count == 1 + 2 * algorithm.coordinateSize else {
                throw UnusableKey("x and y have another length than its crv")
            }
            return .publicKey(try Self.made { pollux_EC_public_key(curve.openSSL, point, point.count) })
        default:
            let x = try Self.bytes("x", of: jwk)
            return .publicKey(try Self.made { EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, x, x.count) })
        }
    }

    private static func bytes(_ name: String, of jwk: JSONValue) throws(UnusableKey) -> [UInt8] {
        guard let text = jwk[name]?.stringValue, let bytes = Base64URL.decode(Array(text.utf8)[...]), !bytes.isEmpty,
            bytes.count <= 1_024
        else { throw UnusableKey("\(name) is missing, or no base64url") }
        return bytes
    }

    private static func made(_ make: () -> OpaquePointer?) throws(UnusableKey) -> OpaquePointer {
        defer { ERR_clear_error() }
        guard let key = make() else { throw UnusableKey("its numbers are no key") }
        do throws(UnusableKey) { try self.check(key) } catch {
            EVP_PKEY_free(key)
            throw error
        }
        return key
    }

    /// Takes a PEM: a public key, or the one of a certificate.
    public convenience init(pem: [UInt8], id: String?, allowed: [SignatureAlgorithm]) throws(UnusableKey) {
        let key = try Self.made { pollux_PEM_public_key(pem, pem.count) }
        let algorithms = Self.algorithms(of: key).filter(allowed.contains)
        guard !algorithms.isEmpty else {
            EVP_PKEY_free(key)
            throw UnusableKey("it is for none of the algorithms that its issuer may use")
        }
        self.init(id: id, algorithms, .publicKey(key))
    }

    /// Takes a secret.
    public convenience init(secret: [UInt8], id: String?, allowed: [SignatureAlgorithm]) throws(UnusableKey) {
        guard !secret.starts(with: "-----BEGIN".utf8) else {
            throw UnusableKey("it is a PEM, which everybody may know; give it as pem")
        }
        // As long as the digest at least (RFC 7518, section 3.2).
        let algorithms = allowed.filter { $0.kind == .hmac && $0.digestSize <= secret.count }
        guard !algorithms.isEmpty else {
            throw .shortSecret
        }
        self.init(id: id, algorithms, .secret(secret))
    }

    private static func algorithms(of key: OpaquePointer) -> [SignatureAlgorithm] {
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA: return Self.algorithms("RSA", curve: nil)
        case EVP_PKEY_RSA_PSS: return SignatureAlgorithm.allCases.filter { $0.kind == .rsaPSS }
        case EVP_PKEY_ED25519: return [.ed25519]
        case EVP_PKEY_EC:
            var name = [CChar](repeating: 0, count: 64)
            guard EVP_PKEY_get_group_name(key, &name, name.count, nil) == 1 else { return [] }
            let curve = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return SignatureAlgorithm.allCases.filter { $0.curve?.openSSL == curve }
        default: return []
        }
    }

    /// What OpenSSL lets pass and is not to be trusted.
    private static func check(_ key: OpaquePointer) throws(UnusableKey) {
        if [EVP_PKEY_RSA, EVP_PKEY_RSA_PSS].contains(EVP_PKEY_get_base_id(key)) {
            guard (2_048...8_192).contains(EVP_PKEY_get_bits(key)) else {
                throw UnusableKey("an RSA key must have from 2048 to 8192 bits (RFC 7518, section 3.3)")
            }
        }
        guard let context = EVP_PKEY_CTX_new(key, nil) else { throw UnusableKey("it cannot be checked") }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_public_check(context) == 1 else { throw UnusableKey("its numbers are no key") }
    }
}

/// A key that cannot be used, and why.
public struct UnusableKey: Error, Equatable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }

    static let shortSecret = UnusableKey(
        "a secret needs at least 32 bytes for HS256, 48 for HS384, 64 for HS512, and one of these among the algorithms")
}
