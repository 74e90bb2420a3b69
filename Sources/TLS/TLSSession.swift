import COpenSSL
import NIOCore

/// One TLS connection as a state machine: bytes go in and come out, there is no socket and no time. Owner: who made it.
///
/// After any call ``takeOutput()`` may have something for the peer, also after one that threw: an alert.
final class TLSSession {
    let context: TLSContext
    let ssl: OpaquePointer
    private let buffers = BufferBIO()
    private var state = State.handshaking

    /// One direction of a connection.
    private enum Direction {
        case open
        /// Who sends there has said that nothing more comes.
        case closed
    }

    private enum State {
        case handshaking
        case established(input: Direction, output: Direction)
        /// Something went wrong: only what is to be sent is left.
        case failed
    }

    /// Whether the handshake is complete, and nothing went wrong.
    var isEstablished: Bool { if case .established = self.state { true } else { false } }
    /// Whether the peer has said that nothing more comes.
    var isInputClosed: Bool { if case .established(input: .closed, _) = self.state { true } else { false } }
    /// Whether this side has said that nothing more comes.
    var isOutputClosed: Bool { if case .established(_, output: .closed) = self.state { true } else { false } }
    private var mayRead: Bool { if case .established(input: .open, _) = self.state { true } else { false } }
    private var mayWrite: Bool { if case .established(_, output: .open) = self.state { true } else { false } }

    /// - Parameter host: Whom a client wants to reach: a name, or an address.
    init(_ context: TLSContext, host: String? = nil) throws(TLSError) {
        self.context = context
        do throws(OpenSSLError) {
            self.ssl = try OpenSSLError.require(SSL_new(context.pointer))
            let bio = try self.buffers.makeBIO()
            SSL_set_bio(self.ssl, bio, bio)
            if context.isServer { SSL_set_accept_state(self.ssl) } else { SSL_set_connect_state(self.ssl) }
            if let host { try self.expect(host) }
        } catch {
            throw .handshakeFailed("\(error)")
        }
    }

    deinit { SSL_free(self.ssl) }

    /// What both sides agreed to speak on top.
    var negotiatedProtocol: String? {
        var name: UnsafePointer<UInt8>?
        var count: CUnsignedInt = 0
        SSL_get0_alpn_selected(self.ssl, &name, &count)
        guard let name, count > 0 else { return nil }
        return String(decoding: UnsafeBufferPointer(start: name, count: Int(count)), as: UTF8.self)
    }

    /// The version of the protocol, such as `TLSv1.3`.
    var version: String { String(cString: SSL_get_version(self.ssl)) }

    /// Whether this connection goes on with the secrets of an earlier one.
    var isResumed: Bool { SSL_session_reused(self.ssl) == 1 }

    /// Takes what the peer has sent; what comes behind its end is thrown away.
    func receive(_ bytes: ByteBuffer) {
        switch self.state {
        case .handshaking, .established(input: .open, _): break
        case .established(input: .closed, _), .failed: return
        }
        if self.buffers.input.readableBytes == 0 {
            self.buffers.input = bytes
        } else {
            self.buffers.input.writeImmutableBuffer(bytes)
        }
    }

    /// Goes on with the handshake, as far as what came allows.
    ///
    /// - Throws: ``TLSError/handshakeFailed(_:)``, ``TLSError/untrusted(_:)``.
    func handshake() throws(TLSError) {
        guard case .handshaking = self.state else { return }
        ERR_clear_error()
        let result = SSL_do_handshake(self.ssl)
        if result == 1 { return self.state = .established(input: .open, output: .open) }
        guard SSL_get_error(self.ssl, result) == SSL_ERROR_WANT_READ else { throw self.handshakeError() }
    }

    /// What the peer has sent, as far as it is complete; `nil` if that is nothing.
    ///
    /// - Throws: ``TLSError/broken(_:)``.
    func read() throws(TLSError) -> ByteBuffer? {
        guard self.mayRead else { return nil }
        defer { if self.buffers.input.readableBytes == 0 { self.buffers.input = ByteBuffer() } }
        // What is encrypted is longer than what it was made of.
        var plain = ByteBuffer()
        while try self.readRecord(into: &plain, expecting: max(self.buffers.input.readableBytes, 256)) {}
        return plain.readableBytes > 0 ? plain : nil
    }

    private func readRecord(into plain: inout ByteBuffer, expecting count: Int) throws(TLSError) -> Bool {
        guard self.buffers.input.readableBytes > 0 || SSL_has_pending(self.ssl) == 1 else { return false }
        var result: CInt = 0
        ERR_clear_error()
        plain.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
            var taken = 0
            result = SSL_read_ex(self.ssl, bytes.baseAddress, bytes.count, &taken)
            return result == 1 ? taken : 0
        }
        if result == 1 { return true }
        switch SSL_get_error(self.ssl, result) {
        case SSL_ERROR_WANT_READ: return false
        case SSL_ERROR_ZERO_RETURN:
            self.inputClosed()
            self.buffers.input = ByteBuffer()
            return false
        default: throw self.fail(.broken("\(OpenSSLError.drain())"))
        }
    }

    /// Encrypts bytes for the peer.
    ///
    /// - Throws: ``TLSError/closed`` if this side was closed, or the handshake is not complete.
    func write(_ bytes: ByteBuffer) throws(TLSError) {
        guard self.mayWrite else { throw .closed }
        guard bytes.readableBytes > 0 else { return }
        ERR_clear_error()
        let result = bytes.withUnsafeReadableBytes { bytes in
            var taken = 0
            return SSL_write_ex(self.ssl, bytes.baseAddress, bytes.count, &taken)
        }
        guard result == 1 else { throw self.fail(.broken("\(OpenSSLError.drain())")) }
    }

    /// Encrypts bytes for the peer into a buffer of the caller's, instead of for ``takeOutput()``, which must have given
    /// all that it had.
    ///
    /// - Throws: as ``write(_:)``.
    func write(_ bytes: ByteBuffer, into output: inout ByteBuffer) throws(TLSError) {
        swap(&self.buffers.output, &output)
        defer { swap(&self.buffers.output, &output) }
        try self.write(bytes)
    }

    /// Tells the peer that nothing more comes.
    func closeOutput() {
        guard case .established(let input, output: .open) = self.state else { return }
        self.state = .established(input: input, output: .closed)
        ERR_clear_error()
        SSL_shutdown(self.ssl)
        ERR_clear_error()
    }

    /// What is to be sent to the peer; `nil` if that is nothing.
    func takeOutput() -> ByteBuffer? {
        guard self.buffers.output.readableBytes > 0 else { return nil }
        let output = self.buffers.output
        self.buffers.output = ByteBuffer()
        return output
    }

    /// Names the host to the server, and wants it proved (RFC 6066, section 3; RFC 9525).
    private func expect(_ host: String) throws(OpenSSLError) {
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        if !isAddress { try OpenSSLError.require(pollux_SSL_set_tlsext_host_name(self.ssl, host)) }
        guard self.context.verifiesPeer else { return }
        if isAddress {
            try OpenSSLError.require(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(self.ssl), host))
        } else {
            SSL_set_hostflags(self.ssl, CUnsignedInt(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
            try OpenSSLError.require(SSL_set1_host(self.ssl, host))
        }
    }

    private func inputClosed() {
        if case .established(_, let output) = self.state { self.state = .established(input: .closed, output: output) }
    }

    private func handshakeError() -> TLSError {
        let error = OpenSSLError.drain()
        let verdict = SSL_get_verify_result(self.ssl)
        guard self.context.verifiesPeer, verdict != X509_V_OK else {
            return self.fail(.handshakeFailed("\(error)"))
        }
        return self.fail(.untrusted(String(cString: X509_verify_cert_error_string(verdict))))
    }

    private func fail(_ error: TLSError) -> TLSError {
        self.state = .failed
        self.buffers.input = ByteBuffer()
        return error
    }
}

@available(*, unavailable)
extension TLSSession: Sendable {}
