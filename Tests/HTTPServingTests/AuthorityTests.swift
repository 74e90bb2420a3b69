import Testing

@testable import HTTPServing

/// RFC 3986, section 3.2, without user information (RFC 9110, section 4.2.4).
@Suite struct AuthorityTests {
    @Test(arguments: [
        ("example.org", "example.org", nil, false), ("Example.ORG:443", "example.org", 443, false),
        ("x:", "x", nil, false),
        ("x:0", "x", 0, false), ("x:65535", "x", 65_535, false), ("x:00080", "x", 80, false),
        ("a_b-c~.d", "a_b-c~.d", nil, false),
        ("a%20b", "a%20b", nil, false), ("%C3%A9", "%c3%a9", nil, false), ("!$&'()*+,;=", "!$&'()*+,;=", nil, false),
        ("127.0.0.1", "127.0.0.1", nil, true), ("10.0.0.1:8080", "10.0.0.1", 8_080, true),
        ("1.2.3", "1.2.3", nil, false),
        ("256.1.1.1", "256.1.1.1", nil, false), ("[::1]", "::1", nil, true),
        ("[2001:DB8::1]:80", "2001:db8::1", 80, true),
        ("[::ffff:1.2.3.4]:", "::ffff:1.2.3.4", nil, true),
    ])
    func `A host with or without a port is one`(text: String, host: String, port: Int?, isAddress: Bool) throws {
        let authority = try #require(Authority(text))
        #expect(authority.host == host)
        #expect(authority.port == port)
        #expect(authority.isAddress == isAddress)
    }

    @Test(arguments: [
        "", ":", ":80", "a b", "a\tb", " a", "a ", "user@a", "u:p@a", "a/b", "a?b", "a#b", "a\\b", "<a>", "a\"", "a^",
        "a|b", "{a}",
        "é.example", "a%", "a%4", "a%4g", "x:y", "x:-1", "x:+1", "x:65536", "x:99999999", "x:9999999999999999999",
        "x:80:80",
        "x: 80", "2001:db8::1", "[::1", "::1]", "[::1]x", "[::1]80", "[]", "[1]", "[::g]", "[127.0.0.1]",
        "[fe80::1%25eth0]",
        "[[::1]]", "a[::1]", "a\0", "a\u{7F}", "[::1\0]", "[::1\0\r\nA: b]", "[::1\0]:80", "[\0]",
    ])
    func `Anything else is none`(text: String) {
        #expect(Authority(text) == nil)
    }

    @Test(arguments: [
        ("X:80", "x:80"), ("x:", "x"), ("[::1]:8080", "[::1]:8080"), ("[::A]", "[::a]"),
        ("[2001:0DB8:0:0::1]:80", "[2001:db8::1]:80"),
    ])
    func `It is written as it would be sent`(text: String, written: String) {
        #expect(Authority(text)?.description == written)
    }
}
