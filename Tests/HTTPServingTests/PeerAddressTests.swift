import NIOCore
import Testing

@testable import HTTPServing

@Suite struct PeerAddressTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1"), ("255.0.10.7", "255.0.10.7"), ("::1", "::1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("::ffff:10.0.0.7", "10.0.0.7"), ("fe80::1", "fe80::1"),
        ("::", "::"),
    ])
    func `An address is written as RFC 5952 has it, one of IPv4 always as one of IPv4`(text: String, written: String)
        throws
    {
        let address = PeerAddress(try SocketAddress(ipAddress: text, port: 80))
        #expect(address?.description == written)
    }

    @Test func `The port makes no difference`() throws {
        #expect(
            PeerAddress(try SocketAddress(ipAddress: "::1", port: 1))
                == PeerAddress(try SocketAddress(ipAddress: "::1", port: 2)))
        #expect(
            PeerAddress(try SocketAddress(ipAddress: "::1", port: 1))
                != PeerAddress(try SocketAddress(ipAddress: "::2", port: 1)))
    }

    @Test func `A socket of the file system has no address`() throws {
        #expect(PeerAddress(try SocketAddress(unixDomainSocketPath: "/tmp/x")) == nil)
        #expect(PeerAddress(nil) == nil)
    }
}
