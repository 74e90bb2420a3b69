import COpenSSL
import NIOCore
import Synchronization
import Testing

@testable import TLS

@Suite struct SessionTests {
    private let clock = TicketKeysTests.Clock()

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func `A session is resumed until two hours after its full handshake, however often it was resumed since`(
        version: CInt
    ) throws {
        let server = try Certificates().server(keys: TicketKeys { [clock] in clock.now })
        let client = try ResumingClient(version: version)
        #expect(try !client.connect(to: server))
        for _ in 0..<3 {
            clock.advance(by: .seconds(39 * 60))
            #expect(try client.connect(to: server))
        }
        clock.advance(by: .seconds(4 * 60))
        #expect(try !client.connect(to: server))
        #expect(try client.connect(to: server), "the new session")
    }
}

/// A client of OpenSSL's own, without sockets, that goes on with its newest session each time.
private final class ResumingClient {
    private let context: TLSContext
    private let version: CInt
    private var session: OpaquePointer?

    init(version: CInt) throws {
        self.context = try .client(TLSClientConfiguration(trust: .anybody))
        self.version = version
    }

    deinit { SSL_SESSION_free(self.session) }

    /// - Returns: Whether the server has resumed the session.
    func connect(to context: TLSContext) throws -> Bool {
        let server = try TLSSession(context)
        let ssl = try #require(SSL_new(self.context.pointer))
        defer { SSL_free(ssl) }
        let (input, output) = (BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()))
        SSL_set_bio(ssl, input, output)
        SSL_set_connect_state(ssl)
        SSL_ctrl(ssl, SSL_CTRL_SET_MAX_PROTO_VERSION, CLong(self.version), nil)
        if let session { SSL_set_session(ssl, session) }
        while !(server.isEstablished && SSL_is_init_finished(ssl) == 1) {
            SSL_do_handshake(ssl)
            server.receive(Self.takeAll(from: output))
            try server.handshake()
            if let bytes = server.takeOutput() {
                _ = bytes.withUnsafeReadableBytes { BIO_write(input, $0.baseAddress, CInt($0.count)) }
            }
        }
        var byte: UInt8 = 0
        SSL_read(ssl, &byte, 1)  // the tickets
        SSL_shutdown(ssl)  // a session that breaks is not resumed
        SSL_SESSION_free(self.session)
        self.session = SSL_get1_session(ssl)
        return SSL_session_reused(ssl) == 1
    }

    private static func takeAll(from bio: OpaquePointer?) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: BIO_ctrl_pending(bio)) { space in
            max(0, Int(BIO_read(bio, space.baseAddress, CInt(space.count))))
        }
        return bytes
    }
}
