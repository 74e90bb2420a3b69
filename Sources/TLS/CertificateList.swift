import COpenSSL

/// Certificates in their order.
final class CertificateList: Sendable {
    /// OpenSSL's list of them.
    nonisolated(unsafe) let pointer: OpaquePointer
    nonisolated(unsafe) let certificates: [OpaquePointer]

    private init(owning certificates: [OpaquePointer]) throws(OpenSSLError) {
        self.certificates = certificates
        self.pointer = try OpenSSLError.require(pollux_sk_X509_new())
        for certificate in certificates where pollux_sk_X509_push(self.pointer, certificate) == 0 { throw .drain() }
    }

    /// All certificates of a PEM file, keys and comments passed over.
    convenience init(pem file: PEMFile) throws(OpenSSLError) {
        let source = try file.open()
        defer { BIO_free(source) }
        var certificates: [OpaquePointer] = []
        while let certificate = PEM_read_bio_X509(source, nil, pollux_no_passphrase, nil) {
            certificates.append(certificate)
        }
        let error = OpenSSLError.drain()
        try self.init(owning: certificates)
        // Where nothing follows, OpenSSL says that it found no further beginning. Anything else is a certificate that is none.
        if certificates.isEmpty || error.reasons != ["no start line"] { throw error }
    }

    deinit {
        pollux_sk_X509_free(self.pointer)
        self.certificates.forEach { X509_free($0) }
    }

    var first: OpaquePointer? { self.certificates.first }

    func dropFirst() throws(OpenSSLError) -> CertificateList {
        let rest = Array(self.certificates.dropFirst())
        rest.forEach { X509_up_ref($0) }
        return try CertificateList(owning: rest)
    }
}

extension TLSContext {
    /// Takes certificates as authorities that need no other to vouch for them.
    func trust(_ authorities: CertificateList) throws(OpenSSLError) {
        let store = SSL_CTX_get_cert_store(self.pointer)
        for authority in authorities.certificates {
            try OpenSSLError.require(X509_STORE_add_cert(store, authority))
        }
    }
}
