import COpenSSL

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A small authority of one's own, for development: its certificate can be trusted once, and the servers' that it signs
/// are then trusted too. Kept in files: `ca.pem`, `ca-key.pem`, `server.pem`, `server-key.pem`.
public struct DevelopmentAuthority: Sendable {
    private static let authorityDays = 3650
    private static let serverDays = 397
    /// A server's certificate is made anew when it ends within so many days.
    private static let renewalDays = 30

    private let folder: String

    /// - Parameter folder: Where the files are, or are to be; it must exist.
    public init(folder: String) {
        self.folder = folder
    }

    /// The authority's certificate: what clients are to trust.
    public var authorityFile: String { self.path("ca.pem") }
    public var certificateFile: String { self.path("server.pem") }
    public var keyFile: String { self.path("server-key.pem") }

    private func path(_ name: String) -> String { "\(self.folder)/\(name)" }

    /// Makes what is missing, or about to end.
    ///
    /// - Parameter names: The DNS names and addresses of the server.
    /// - Throws: ``InvalidIdentity`` if a file cannot be written, or is not what it should be.
    public func prepare(names: [String]) throws(InvalidIdentity) {
        do throws(OpenSSLError) {
            if access(self.authorityFile, F_OK) != 0 { try self.makeAuthority() }
            if self.needsCertificate(names) { try self.makeCertificate(names) }
        } catch {
            throw InvalidIdentity("\(self.folder): no certificate can be made there (\(error))")
        }
    }

    private func needsCertificate(_ names: [String]) -> Bool {
        guard let found = try? TLSIdentity(certificateFile: self.certificateFile, keyFile: self.keyFile) else {
            return true
        }
        let isFor = names.allSatisfy { found.covers($0) || found.isForAddress($0) }
        return !isFor || found.expiry < time(nil) + Self.renewalDays * 86_400
    }

    private func makeAuthority() throws(OpenSSLError) {
        let key = try OpenSSLError.require(pollux_generate_P256())
        defer { EVP_PKEY_free(key) }
        let certificate = try CertificateDraft("Pollux development authority", days: Self.authorityDays, key: key)
        try certificate.add(NID_basic_constraints, "critical,CA:TRUE,pathlen:0")
        try certificate.add(NID_key_usage, "critical,keyCertSign,cRLSign")
        try certificate.sign(by: certificate, key)
        try self.write(key, "ca-key.pem")
        try self.write([certificate], "ca.pem")
    }

    private func makeCertificate(_ names: [String]) throws(OpenSSLError) {
        let authority = try CertificateDraft(file: PEMFile(self.authorityFile))
        let authorityKey = try PEMFile(self.path("ca-key.pem")).privateKey()
        defer { EVP_PKEY_free(authorityKey) }
        let key = try OpenSSLError.require(pollux_generate_P256())
        defer { EVP_PKEY_free(key) }
        let certificate = try CertificateDraft(names.first ?? "localhost", days: Self.serverDays, key: key)
        let subjects = names.map { CertificateDraft.isAddress($0) ? "IP:\($0)" : "DNS:\($0)" }
        try certificate.add(NID_subject_alt_name, subjects.joined(separator: ","))
        try certificate.add(NID_basic_constraints, "critical,CA:FALSE")
        try certificate.add(NID_key_usage, "critical,digitalSignature")
        try certificate.add(NID_ext_key_usage, "serverAuth")
        try certificate.sign(by: authority, authorityKey)
        try self.write(key, "server-key.pem")
        try self.write([certificate, authority], "server.pem")
    }

    private func write(_ key: OpaquePointer, _ name: String) throws(OpenSSLError) {
        try PEMFile(self.path(name)).write(isSecret: true) { file throws(OpenSSLError) in
            try OpenSSLError.require(PEM_write_bio_PrivateKey(file, key, nil, nil, 0, nil, nil))
        }
    }

    private func write(_ certificates: [CertificateDraft], _ name: String) throws(OpenSSLError) {
        try PEMFile(self.path(name)).write { file throws(OpenSSLError) in
            for certificate in certificates { try OpenSSLError.require(PEM_write_bio_X509(file, certificate.pointer)) }
        }
    }
}

/// A certificate that is being made.
private final class CertificateDraft {
    let pointer: OpaquePointer

    init(_ name: String, days: Int, key: OpaquePointer) throws(OpenSSLError) {
        self.pointer = try OpenSSLError.require(X509_new())
        try OpenSSLError.require(X509_set_version(self.pointer, 2))
        // 127 bits, so that it is positive (RFC 5280, section 4.1.2.2).
        let serial = try OpenSSLError.require(BN_new())
        defer { BN_free(serial) }
        try OpenSSLError.require(BN_rand(serial, 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY))
        BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(self.pointer))
        // A clock that is a little behind must not refuse it.
        X509_gmtime_adj(X509_getm_notBefore(self.pointer), -3_600)
        X509_gmtime_adj(X509_getm_notAfter(self.pointer), CLong(days * 86_400))
        try OpenSSLError.require(X509_set_pubkey(self.pointer, key))
        let subject = X509_get_subject_name(self.pointer)
        try OpenSSLError.require(
            X509_NAME_add_entry_by_txt(
                subject, "CN", pollux_MBSTRING_UTF8(), Array(name.utf8), CInt(name.utf8.count), -1, 0))
    }

    init(file: PEMFile) throws(OpenSSLError) {
        let source = try file.open()
        defer { BIO_free(source) }
        self.pointer = try OpenSSLError.require(PEM_read_bio_X509(source, nil, pollux_no_passphrase, nil))
    }

    deinit { X509_free(self.pointer) }

    static func isAddress(_ name: String) -> Bool {
        let address = a2i_IPADDRESS(name)
        defer { ASN1_OCTET_STRING_free(address) }
        return address != nil
    }

    func add(_ kind: CInt, _ value: String) throws(OpenSSLError) {
        let made = try OpenSSLError.require(X509V3_EXT_conf_nid(nil, nil, kind, value))
        defer { X509_EXTENSION_free(made) }
        try OpenSSLError.require(X509_add_ext(self.pointer, made, -1))
    }

    func sign(by issuer: CertificateDraft, _ key: OpaquePointer) throws(OpenSSLError) {
        try OpenSSLError.require(X509_set_issuer_name(self.pointer, X509_get_subject_name(issuer.pointer)))
        guard X509_sign(self.pointer, key, EVP_sha256()) > 0 else { throw .drain() }
    }
}

extension TLSIdentity {
    func isForAddress(_ address: String) -> Bool { X509_check_ip_asc(self.certificate, address, 0) == 1 }
}
