import COpenSSL
import Testing

@testable import TLS

@Suite struct PeerCertificateTests {
    private let certificates: Certificates

    init() throws {
        self.certificates = try Certificates(names: ["a.test", "b.test"])
    }

    private func connect(_ client: TLSContext, host: String) throws -> (client: Peer, server: Peer) {
        let server = try Peer(try self.certificates.server())
        let client = try Peer(client, host: host)
        try exchange(client, server)
        return (client, server)
    }

    @Test func `The certificate of the peer tells its subject, its names and its fingerprint`() throws {
        let (client, _) = try self.connect(try self.certificates.client(), host: "a.test")
        let shown = try #require(client.handler.peerCertificate)
        #expect(shown.subject == "CN=a.test")
        #expect(shown.names == ["a.test", "b.test"])
        #expect(shown.fingerprint.count == 64)
        let own = try self.certificates.identity()
        #expect(try TLSPeerCertificate(own.certificate).fingerprint == shown.fingerprint)
    }

    @Test func `Of a peer that has shown none there is none`() throws {
        let (_, server) = try self.connect(try self.certificates.client(), host: "a.test")
        #expect(server.handler.peerCertificate == nil)
    }

    @Test func `One that nobody has verified does not count`() throws {
        let (client, _) = try self.connect(try .client(TLSClientConfiguration(trust: .anybody)), host: "a.test")
        #expect(client.recorder.errors.isEmpty)
        #expect(client.handler.peerCertificate == nil)
    }

    @Test func `There is none before the handshake is complete`() throws {
        let client = try Peer(try self.certificates.client(), host: "a.test")
        #expect(client.handler.peerCertificate == nil)
    }
}
