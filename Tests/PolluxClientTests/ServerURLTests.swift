import Testing

@testable import PolluxClient

@Suite struct ServerURLTests {
    @Test(
        "a URL has a host, a port and a prefix",
        arguments: [
            ("http://127.0.0.1:8080", "127.0.0.1", 8080, ""),
            ("http://localhost", "localhost", 80, ""),
            ("HTTP://localhost/", "localhost", 80, ""),
            ("http://a_b.example-1.org:1/push/v1//", "a_b.example-1.org", 1, "/push/v1"),
            ("http://[::1]:65535/p", "::1", 65535, "/p"),
            ("http://[fe80::1]", "fe80::1", 80, ""),
            ("http://h/%C3%A9", "h", 80, "/%C3%A9"),
        ])
    func parts(_ text: String, _ host: String, _ port: Int, _ prefix: String) throws {
        let url = try ServerURL(parsing: text)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.prefix == prefix)
    }

    @Test(
        "what is no URL of a server is refused",
        arguments: [
            "", "localhost:8080", "ftp://h", "http://", "http://:80", "http:///p", "http://h:", "http://h:0",
            "http://h:65536",
            "http://h:+1", "http://h:1:2", "http://h:99999999999999999999", "http://u@h", "http://u:p@h", "http://h?q",
            "http://h/p?q", "http://h/p#f", "http://h/a b", "http://h/é", "http://h\r\nX: y", "http://h/\r\nX: y",
            "http://é",
            "http://[::1", "http://[::1]80", "http://[]", "http://[::1\r]", "http://h\0",
        ])
    func refused(_ text: String) {
        #expect(throws: InvalidServerURL.self) { try ServerURL(parsing: text) }
    }

    @Test("https is TLS, on port 443 unless another is named")
    func https() throws {
        let url = try ServerURL(parsing: "https://localhost")
        #expect(url.isSecure && url.port == 443)
        #expect(url.description == "https://localhost")
        #expect(try ServerURL(parsing: "https://h:8443/p").description == "https://h:8443/p")
        #expect(try ServerURL(parsing: "https://h:80").description == "https://h:80")
        #expect(try !ServerURL(parsing: "http://h").isSecure)
    }

    @Test(
        "a URL is written as it can be read again",
        arguments: [
            ("http://h:80/", "http://h"), ("http://h:8080/p/", "http://h:8080/p"), ("http://[::1]:1", "http://[::1]:1"),
        ])
    func description(_ text: String, _ description: String) throws {
        let url = try ServerURL(parsing: text)
        #expect("\(url)" == description)
        #expect(try ServerURL(parsing: description) == url)
    }
}

@Suite struct PercentEncodingTests {
    @Test(
        "all but unreserved characters are encoded, byte by byte",
        arguments: [
            ("orders-1_a.b~Z", "orders-1_a.b~Z"), ("a/b", "a%2Fb"), ("a b+c", "a%20b%2Bc"), ("é", "%C3%A9"),
            ("e\u{301}", "e%CC%81"), ("%41", "%2541"), ("?#&=;", "%3F%23%26%3D%3B"), ("\r\n\0\u{7F}", "%0D%0A%00%7F"),
            ("@[`{", "%40%5B%60%7B"), ("", ""),
        ])
    func encoded(_ text: String, _ encoded: String) {
        #expect(String(percentEncoding: text.utf8) == encoded)
    }
}
