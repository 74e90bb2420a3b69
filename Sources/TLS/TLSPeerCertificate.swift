import COpenSSL

/// The certificate that the peer has shown and that was found to be of a trusted authority.
public final class TLSPeerCertificate: Sendable {
    /// Its subject as RFC 4514 writes it: `CN=printer-7,O=Example`.
    public let subject: String
    /// The DNS names that it is for.
    public let names: [String]
    /// SHA-256 of the whole certificate, in lower-case hexadecimal: one certificate, and no other.
    public let fingerprint: String

    init(_ certificate: OpaquePointer) throws(OpenSSLError) {
        self.subject = try Self.subject(of: certificate)
        self.names = TLSIdentity.names(of: certificate)
        self.fingerprint = try Self.fingerprint(of: certificate)
    }

    private static func subject(of certificate: OpaquePointer) throws(OpenSSLError) -> String {
        let text = try OpenSSLError.require(BIO_new(BIO_s_mem()))
        defer { BIO_free(text) }
        guard X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0, pollux_name_flags()) >= 0 else {
            throw .drain()
        }
        let bytes = [UInt8](unsafeUninitializedCapacity: BIO_ctrl_pending(text)) { space, count in
            count = space.isEmpty ? 0 : max(0, Int(BIO_read(text, space.baseAddress, CInt(space.count))))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func fingerprint(of certificate: OpaquePointer) throws(OpenSSLError) -> String {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: CUnsignedInt = 0
        guard X509_digest(certificate, EVP_sha256(), &digest, &count) == 1 else { throw .drain() }
        let digits = Array("0123456789abcdef".utf8)
        let hexadecimal = digest.prefix(Int(count)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: hexadecimal, as: UTF8.self)
    }
}

extension TLSSession {
    /// The peer's certificate, once the handshake is complete; `nil` where it has shown none that was verified.
    var peerCertificate: TLSPeerCertificate? {
        guard self.isEstablished, SSL_get_verify_result(self.ssl) == CLong(X509_V_OK),
            let certificate = SSL_get1_peer_certificate(self.ssl)
        else { return nil }
        defer { X509_free(certificate) }
        defer { ERR_clear_error() }
        return try? TLSPeerCertificate(certificate)
    }
}

extension TLSHandler {
    /// The peer's certificate, once the handshake is complete; `nil` where it has shown none that was verified.
    public var peerCertificate: TLSPeerCertificate? { self.session.peerCertificate }
}
