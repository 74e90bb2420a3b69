import NIOHTTP1
import Testing

@testable import HTTPServing

/// Who asks, as proxies say it. The socket is always that of `10.0.0.1`, and `10.0.0.0/8` is trusted.
@Suite struct ForwardingTests {
    private func peer(
        _ field: Forwarding.Field, _ fields: HTTPHeaders, socket: String = "10.0.0.1",
        proxies: [String] = ["10.0.0.0/8"]
    ) -> Peer {
        let forwarding = Forwarding(proxies: proxies.compactMap { Network($0) }, field: field)
        return forwarding.peer(Peer(address: PeerAddress(text: socket)), of: .parsed(.GET, fields))
    }

    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("192.0.2.1:4711", "192.0.2.1"), ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"), ("[2001:db8::1]:80", "2001:db8::1"), ("::ffff:192.0.2.1", "192.0.2.1"),
        ("198.51.100.9, 192.0.2.1", "192.0.2.1"), ("198.51.100.9, 192.0.2.1, 10.0.0.2", "192.0.2.1"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"), ("192.0.2.1, , 10.0.0.2 ,", "192.0.2.1"), ("", "10.0.0.1"),
        ("192.0.2.1, nonsense, 10.0.0.2", "10.0.0.2"), ("192.0.2.1, unknown", "10.0.0.1"),
        ("192.0.2.1 192.0.2.2", "10.0.0.1"), ("\"198.51.100.9, 192.0.2.1", "192.0.2.1"), ("a.example", "10.0.0.1"),
        ("192.0.2.1:99999", "10.0.0.1"), ("192.0.2.1%00", "10.0.0.1"),
    ])
    func `X-Forwarded-For is read from the right, up to the first that is not trusted`(value: String, address: String) {
        #expect(self.peer(.xForwardedFor, ["X-Forwarded-For": value]).address?.description == address)
    }

    @Test(arguments: [
        ("for=192.0.2.1", "192.0.2.1"), ("For=\"192.0.2.1:80\"", "192.0.2.1"), ("for=192.0.2.1:80", "192.0.2.1"),
        ("for=\"[2001:db8::1]:80\";proto=https;by=x", "2001:db8::1"), ("proto=http; for=192.0.2.1", "192.0.2.1"),
        ("for=198.51.100.9, for=192.0.2.1, for=10.0.0.2", "192.0.2.1"), ("for=192.0.2.1, for=unknown", "10.0.0.1"),
        ("for=192.0.2.1, for=_hidden, for=10.0.0.2", "10.0.0.2"), ("for=192.0.2.1, proto=https", "10.0.0.1"),
        ("for=\"192\\.0.2.1\"", "192.0.2.1"), ("for=192.0.2.1;for=192.0.2.2", "10.0.0.1"), ("for=", "10.0.0.1"),
        ("for=192.0.2.1;x=\", for=192.0.2.7", "10.0.0.1"), ("for=192.0.2.1;x=\", for=\"[2001:db8::7]\"", "10.0.0.1"),
        ("for=192.0.2.1;x=\"\\\", for=\"192.0.2.7\"", "10.0.0.1"), ("for = 192.0.2.1", "10.0.0.1"),
        ("for=192.0.2.1;", "10.0.0.1"), ("for=\"192.0.2.1\"x", "10.0.0.1"), ("192.0.2.1", "10.0.0.1"),
    ])
    func `Forwarded is read from the right, and an entry that is not as the grammar has it says nothing`(
        value: String, address: String
    ) {
        #expect(self.peer(.forwarded, ["Forwarded": value]).address?.description == address)
    }

    @Test func `Several lines are one list`() {
        let fields: HTTPHeaders = ["X-Forwarded-For": "192.0.2.1", "x-forwarded-for": "192.0.2.2, 10.0.0.2"]
        #expect(self.peer(.xForwardedFor, fields).address?.description == "192.0.2.2")
    }

    @Test func `Nobody is believed who is not trusted`() {
        let fields: HTTPHeaders = ["X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"]
        for peer in [
            self.peer(.xForwardedFor, fields, socket: "203.0.113.5"), self.peer(.xForwardedFor, fields, proxies: []),
        ] {
            #expect(peer.address?.description != "192.0.2.1" && !peer.isSecure)
        }
    }

    @Test func `Only the field that is configured is looked at`() {
        let fields: HTTPHeaders = ["X-Forwarded-For": "192.0.2.1", "Forwarded": "for=192.0.2.2"]
        #expect(self.peer(.none, fields).address?.description == "10.0.0.1")
        #expect(self.peer(.forwarded, fields).address?.description == "192.0.2.2")
        #expect(self.peer(.xForwardedFor, fields).address?.description == "192.0.2.1")
    }

    @Test(arguments: [
        ("192.0.2.1", "https", true), ("192.0.2.1", "http", false), ("192.0.2.1", "HTTPS", true), ("", "https", true),
        ("192.0.2.1, 10.0.0.2", "https, http", true), ("198.51.100.9, 192.0.2.1", "https, http", false),
        ("198.51.100.9, 192.0.2.1", "http, https", true), ("192.0.2.1, 10.0.0.2", "http, http, https", true),
        ("192.0.2.1", "nonsense", false),
    ])
    func `Whether the client came under TLS is said beside its address`(
        addresses: String, schemes: String, isSecure: Bool
    ) {
        let fields: HTTPHeaders = ["X-Forwarded-For": addresses, "X-Forwarded-Proto": schemes]
        #expect(self.peer(.xForwardedFor, fields).isSecure == isSecure)
    }

    @Test(arguments: [
        ("for=192.0.2.1;proto=https", true), ("for=192.0.2.1;proto=http", false), ("proto=https", true),
        ("for=192.0.2.1;proto=https, for=10.0.0.2;proto=http", true),
        ("for=198.51.100.9;proto=https, for=192.0.2.1;proto=http", false), ("for=_hidden;proto=https", true),
    ])
    func `Forwarded says it too`(value: String, isSecure: Bool) {
        #expect(self.peer(.forwarded, ["Forwarded": value]).isSecure == isSecure)
    }

    @Test(arguments: [
        ("Forwarded", true), ("via", true), ("X-Forwarded-For", true), ("X-FORWARDED-Whatever", true), ("Host2", false),
        ("X-Forwarded", false), ("Forwarded-For", false),
    ])
    func `A request shows that it came through a proxy`(name: String, isForwarded: Bool) {
        #expect(Request(.parsed(.GET, [name: "x"])).isForwarded == isForwarded)
    }
}
