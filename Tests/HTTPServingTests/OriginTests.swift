import NIOHTTP1
import Testing

@testable import HTTPServing

@Suite struct OriginTests {
    @Test(arguments: [
        ("https://push.example", "https://push.example"), ("HTTPS://Push.Example:443", "https://push.example"),
        ("http://a:80", "http://a"), ("http://a:443", "http://a:443"), ("https://a:80", "https://a:80"),
        ("http://[::1]:80", "http://[::1]"), ("http://[::1]:8080", "http://[::1]:8080"), ("http://a:", "http://a"),
        ("chrome-extension://abcdef", "chrome-extension://abcdef"), ("capacitor://localhost", "capacitor://localhost"),
    ])
    func `An origin is written as browsers write it`(text: String, origin: String) {
        #expect(Origin(text)?.description == origin)
    }

    @Test(arguments: [
        "", "null", "https://", "://a", "a", "//a", "https:a", "https:/a", "https://a/", "https://a/b", "https://a?b",
        "https://u@a", "https://a b", "https://a:99999", " https://a", "1http://a", "ht tp://a", "https://a, https://b",
        "https://[::1\0x]",
        // The Kelvin sign, whose lower case is a Latin letter.
        "\u{212A}://a",
    ])
    func `Anything else is none`(text: String) {
        #expect(Origin(text) == nil)
    }

    // MARK: Our own

    private func isOwn(
        _ origin: String, host: String, isSecure: Bool = false, target: String = "/", of own: OwnOrigins
    ) throws -> Bool {
        let request = Request(.parsed(.POST, target: target, host: host), from: Peer(isSecure: isSecure))
        return own.contains(try #require(Origin(origin)), of: request)
    }

    private let byName = OwnOrigins { $0 == "push.example" }

    @Test(arguments: [
        ("http://push.example", "push.example", false), ("http://push.example", "Push.Example:80", false),
        ("https://push.example", "push.example:443", true), ("http://push.example:8080", "push.example:8080", false),
        ("http://127.0.0.1:8080", "127.0.0.1:8080", false), ("http://[::1]", "[::1]", false),
    ])
    func `A page of a known name, or of an address, is our own where it was asked for`(
        origin: String, host: String, isSecure: Bool
    ) throws {
        #expect(try isOwn(origin, host: host, isSecure: isSecure, of: byName))
    }

    @Test(arguments: [
        // A name that was led to our address.
        ("http://evil.example", "evil.example", false), ("http://evil.example:8080", "evil.example:8080", false),
        // Another scheme, another port, another host than was asked for.
        ("https://push.example", "push.example", false), ("http://push.example", "push.example", true),
        ("http://push.example:81", "push.example", false), ("http://push.example", "other.example", false),
        ("http://127.0.0.1", "push.example", false), ("http://127.0.0.2", "127.0.0.1", false),
        ("http://push.example", "", false),
    ])
    func `A page that only says so is not`(origin: String, host: String, isSecure: Bool) throws {
        #expect(try !isOwn(origin, host: host, isSecure: isSecure, of: byName))
    }

    @Test func `What the configuration calls our own is so whatever was asked for`() throws {
        let own = OwnOrigins([try #require(Origin("https://push.example"))])
        #expect(try isOwn("https://push.example", host: "10.0.0.1", of: own))
        #expect(try isOwn("https://PUSH.example:443", host: "10.0.0.1", of: own))
        #expect(try !isOwn("http://push.example", host: "push.example", of: own))
    }

    @Test func `A target that names a host counts, and the field Host does not`() throws {
        #expect(try isOwn("http://push.example", host: "x", target: "http://push.example/a", of: byName))
        #expect(try !isOwn("http://push.example", host: "push.example", target: "http://x/a", of: byName))
    }
}
