import COpenSSL

/// A file of keys and certificates in their textual encoding (RFC 7468).
struct PEMFile {
    let path: String

    init(_ path: String) {
        self.path = path
    }

    func open() throws(OpenSSLError) -> OpaquePointer {
        ERR_clear_error()
        return try OpenSSLError.require(BIO_new_file(self.path, "r"))
    }

    func privateKey() throws(OpenSSLError) -> OpaquePointer {
        let source = try self.open()
        defer { BIO_free(source) }
        return try OpenSSLError.require(PEM_read_bio_PrivateKey(source, nil, pollux_no_passphrase, nil))
    }
}
