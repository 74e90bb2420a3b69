import COpenSSL
import Synchronization

/// A key by which tokens are verified, bound to its algorithms before any token is seen (RFC 8725, section 3.1).
public final class VerificationKey: @unchecked Sendable {
    enum Material {
        case secret([UInt8])
        /// Owned by the key. OpenSSL's keys are not changed after they were made, and may be used by any thread.
        case publicKey(OpaquePointer)
    }

    /// By which a token names it; `nil` where it has no name.
    public let id: String?
    /// By which algorithms tokens may be signed with it.
    public let algorithms: [SignatureAlgorithm]
    private let material: Material
    private let retired = Atomic<Bool>(false)

    init(id: String?, _ algorithms: [SignatureAlgorithm], _ material: Material) {
        self.id = id
        self.algorithms = algorithms
        self.material = material
    }

    deinit {
        if case .publicKey(let key) = self.material { EVP_PKEY_free(key) }
    }

    /// Whether its issuer has taken it back: what it has verified is no longer good.
    var isRetired: Bool { self.retired.load(ordering: .relaxed) }

    func retire() { self.retired.store(true, ordering: .relaxed) }

    /// Whether a signature is that of a message by this key.
    func verifies(_ signature: [UInt8], of message: ArraySlice<UInt8>, by algorithm: SignatureAlgorithm) -> Bool {
        guard self.algorithms.contains(algorithm) else { return false }
        defer { ERR_clear_error() }
        switch (self.material, algorithm.kind) {
        case (.secret(let secret), .hmac):
            return Self.hasMAC(signature, message, secret, algorithm)
        case (.publicKey(let key), .rsa), (.publicKey(let key), .rsaPSS), (.publicKey(let key), .eddsa):
            return Self.verifies(signature, message, key, algorithm)
        case (.publicKey(let key), .ecdsa):
            guard let signature = Self.der(signature, algorithm.coordinateSize) else { return false }
            return Self.verifies(signature, message, key, algorithm)
        case (.secret, _), (.publicKey, .hmac):
            return false
        }
    }

    private static func hasMAC(
        _ signature: [UInt8], _ message: ArraySlice<UInt8>, _ secret: [UInt8], _ algorithm: SignatureAlgorithm
    ) -> Bool {
        var mac = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var size: CUnsignedInt = 0
        let isMade = message.withUnsafeBufferPointer { message in
            HMAC(self.digest(algorithm), secret, CInt(secret.count), message.baseAddress, message.count, &mac, &size)
                != nil
        }
        guard isMade, Int(size) == algorithm.digestSize, signature.count == Int(size) else { return false }
        return CRYPTO_memcmp(signature, mac, Int(size)) == 0
    }

    private static func verifies(
        _ signature: [UInt8], _ message: ArraySlice<UInt8>, _ key: OpaquePointer, _ algorithm: SignatureAlgorithm
    ) -> Bool {
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        var parameters: OpaquePointer?
        guard EVP_DigestVerifyInit(context, &parameters, self.digest(algorithm), nil, key) == 1 else { return false }
        if algorithm.kind == .rsaPSS {
            // The salt is as long as the digest (RFC 7518, section 3.5).
            guard EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1,
                EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, CInt(algorithm.digestSize)) == 1
            else { return false }
        }
        return message.withUnsafeBufferPointer {
            EVP_DigestVerify(context, signature, signature.count, $0.baseAddress, $0.count) == 1
        }
    }

    private static func digest(_ algorithm: SignatureAlgorithm) -> OpaquePointer? {
        switch algorithm.digestSize {
        case 32: EVP_sha256()
        case 48: EVP_sha384()
        case 64: EVP_sha512()
        default: nil
        }
    }

    /// The two numbers of an ECDSA signature as OpenSSL wants them (RFC 3279, section 2.2.3).
    private static func der(_ signature: [UInt8], _ size: Int) -> [UInt8]? {
        guard signature.count == 2 * size, let pair = ECDSA_SIG_new() else { return nil }
        defer { ECDSA_SIG_free(pair) }
        guard let r = BN_bin2bn(Array(signature[..<size]), CInt(size), nil) else { return nil }
        guard let s = BN_bin2bn(Array(signature[size...]), CInt(size), nil) else {
            BN_free(r)
            return nil
        }
        guard ECDSA_SIG_set0(pair, r, s) == 1 else { return nil }
        var der: UnsafeMutablePointer<UInt8>?
        let count = i2d_ECDSA_SIG(pair, &der)
        guard count > 0, let der else { return nil }
        defer { pollux_OPENSSL_free(der) }
        return Array(UnsafeBufferPointer(start: der, count: Int(count)))
    }
}

extension VerificationKey: Equatable {
    public static func == (one: VerificationKey, other: VerificationKey) -> Bool { one === other }
}
