import COpenSSL
import Files

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file of keys and certificates in their textual encoding (RFC 7468).
struct PEMFile {
    /// More than the authorities of the whole world take.
    private static let mostBytes = 16 << 20

    let path: String

    init(_ path: String) {
        self.path = path
    }

    /// The text, for OpenSSL to read; to be freed. OpenSSL passes over a byte order mark by itself.
    func open() throws(OpenSSLError) -> OpaquePointer {
        ERR_clear_error()
        let text = try self.bytes()
        let source = try OpenSSLError.require(BIO_new(BIO_s_mem()))
        guard text.isEmpty || BIO_write(source, text, CInt(text.count)) == text.count else {
            BIO_free(source)
            throw .drain()
        }
        return source
    }

    private func bytes() throws(OpenSSLError) -> [UInt8] {
        let bytes: [UInt8]
        do throws(SmallFile.Unreadable) {
            bytes = try SmallFile.bytes(of: self.path, most: Self.mostBytes)
        } catch {
            throw OpenSSLError(reasons: [error.description])
        }
        guard !bytes.starts(with: [0xFF, 0xFE]), !bytes.starts(with: [0xFE, 0xFF]) else {
            throw OpenSSLError(reasons: ["UTF-16; it must be ASCII"])
        }
        return bytes
    }

    func privateKey() throws(OpenSSLError) -> OpaquePointer {
        let source = try self.open()
        defer { BIO_free(source) }
        return try OpenSSLError.require(PEM_read_bio_PrivateKey(source, nil, pollux_no_passphrase, nil))
    }

    /// Replaces the file. Whatever stands in its place is not written to: no link is followed, no FIFO waited for.
    ///
    /// - Parameter isSecret: Whether nobody else may read it, from its first byte on.
    func write(isSecret: Bool = false, _ body: (OpaquePointer) throws(OpenSSLError) -> Void) throws(OpenSSLError) {
        let partial = self.path + ".partial"
        unlink(partial)
        let file = Self.create(partial, mode: isSecret ? 0o600 : 0o644)
        guard file >= 0 else { throw Self.failure() }
        do throws(OpenSSLError) {
            try Self.fill(file, body)
            guard rename(partial, self.path) == 0 else { throw Self.failure() }
        } catch {
            unlink(partial)
            throw error
        }
    }

    /// Writes to an open file, and closes it.
    private static func fill(_ file: CInt, _ body: (OpaquePointer) throws(OpenSSLError) -> Void) throws(OpenSSLError) {
        guard let target = BIO_new_fd(file, BIO_CLOSE) else {
            close(file)
            throw .drain()
        }
        defer { BIO_free(target) }
        try body(target)
    }

    private static func create(_ path: String, mode: mode_t) -> CInt {
        #if canImport(Glibc)
            Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        #else
            Darwin.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        #endif
    }

    private static func failure() -> OpenSSLError { OpenSSLError(reasons: [String(cString: strerror(errno))]) }
}
