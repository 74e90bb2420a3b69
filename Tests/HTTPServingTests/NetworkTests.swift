import Testing

@testable import HTTPServing

@Suite struct NetworkTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.0.0.7", "10.0.0.7", true),
        ("10.0.0.7", "10.0.0.8", false), ("0.0.0.0/0", "192.0.2.1", true), ("0.0.0.0/0", "2001:db8::1", false),
        ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.128/25", "192.0.2.200", true),
        ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::1", false),
        ("2001:db8::/65", "2001:db8::7fff:0:0:1", true), ("2001:db8::/65", "2001:db8::8000:0:0:1", false),
        ("::/0", "2001:db8::1", true), ("::/0", "192.0.2.1", false), ("::1/128", "::1", true),
        ("::ffff:10.0.0.0/104", "10.1.2.3", true), ("::ffff:10.0.0.0/104", "11.1.2.3", false),
    ])
    func `A network has the addresses that begin as it does`(network: String, address: String, isIn: Bool) throws {
        let network = try #require(Network(network))
        #expect(network.contains(try #require(PeerAddress(text: address))) == isIn)
    }

    @Test(arguments: [
        "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.1/8", "10/8",
        "10.0.0.0/ 8", " 10.0.0.0/8", "2001:db8::/129", "2001:db8::1/64", "[::1]", "fe80::1%eth0", "localhost",
        "010.0.0.1",
        "::ffff:10.0.0.0/95", "1.2.3.4\0/32", "10.0.0.0/0008",
    ])
    func `What is no network is refused`(text: String) {
        #expect(Network(text) == nil)
    }

    @Test(arguments: ["10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32", "::/0"])
    func `A network is written so that it is read again`(text: String) {
        #expect(Network(text)?.description == text)
    }
}
