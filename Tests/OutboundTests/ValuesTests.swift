import Testing

@testable import Outbound

@Suite struct OutboundURLTests {
    @Test(arguments: [
        ("http://example.org", false, "example.org"), ("HTTPS://Example.org/a?b=c", true, "Example.org"),
        ("http://127.0.0.1:8080/", false, "127.0.0.1"), ("http://[::1]:80/", false, "::1"),
    ])
    func anURLOfHTTPIsTaken(text: String, isSecure: Bool, host: String) throws {
        let url = try OutboundURL(text)
        #expect(url.isSecure == isSecure)
        #expect(url.host == host)
        #expect(url.text == text)
    }

    @Test(arguments: [
        ("", InvalidURL.malformed), ("example.org", .malformed), ("/a", .malformed), ("http://", .malformed),
        ("http:/example.org\u{0}", .malformed), ("http://example.org/a b", .malformed),
        ("http://example.org/\r\nX: 1", .malformed), ("http://example.org:99999/", .malformed),
        ("file:///etc/passwd", .scheme), ("ftp://example.org/", .scheme), ("gopher://example.org/", .scheme),
        ("javascript:alert(1)", .malformed), ("unheard://example.org", .scheme), ("http://user@example.org/", .user),
        ("http://:secret@example.org/", .user),
    ])
    func anythingElseIsRefused(text: String, error: InvalidURL) {
        #expect(throws: error) { try OutboundURL(text) }
    }
}

extension OutboundURLTests {
    @Test func itsLengthIsBounded() throws {
        _ = try OutboundURL("http://example.org/" + String(repeating: "a", count: 8_173))
        #expect(throws: InvalidURL.tooLong(most: 8_192)) {
            try OutboundURL("http://example.org/" + String(repeating: "a", count: 8_174))
        }
    }
}

@Suite struct OutboundFieldTests {
    @Test func blanksAroundAValueAreNoPartOfIt() {
        #expect(OutboundField("A", " \tb c\t ".utf8)?.value == Array("b c".utf8))
        #expect(OutboundField("A", "  ".utf8)?.value == [])
        #expect(OutboundField("A", [0xE9, 0x09, 0xFF])?.value == [0xE9, 0x09, 0xFF])
    }

    @Test(arguments: ["a\r\nX: 1", "a\nb", "a\0", "a\u{7F}", "\u{1}"])
    func aValueThatWouldBeMoreThanAFieldIsNone(value: String) {
        #expect(OutboundField("A", value.utf8) == nil)
    }

    @Test(arguments: ["", "a b", "a:", "ä", "a\r\nb"])
    func aNameThatIsNoTokenIsNone(name: String) {
        #expect(OutboundField(name, "v".utf8) == nil)
    }
}

@Suite struct ResponseHeadTests {
    private static func head(_ lines: [String], most: Int = 1_000) -> (fields: [String], tooMuch: Bool) {
        var head = ResponseHead(most: most)
        let tooMuch = !lines.allSatisfy { head.take(Array($0.utf8)) }
        return (head.fields.map { "\($0.name)=\(String(decoding: $0.value, as: UTF8.self))" }, tooMuch)
    }

    @Test(arguments: [
        (["HTTP/1.1 200 OK\r\n", "A: 1\r\n", "b:2\n", "\r\n"], ["A=1", "b=2"]),
        (["HTTP/1.1 200\r\n", "A: 1\r\n", " and\r\n", "\tmore\r\n", "\r\n"], ["A=1 and more"]),
        (["HTTP/1.1 200\r\n", " nothing before\r\n", "\r\n"], []),
        (
            ["HTTP/1.1 200\r\n", "no colon\r\n", ": no name\r\n", "a b: 1\r\n", "c: \u{1}\r\n", "d: 1\r\n", "\r\n"],
            ["d=1"]
        ),
        (["HTTP/1.1 103\r\n", "A: 1\r\n", "\r\n", "HTTP/1.1 200\r\n", "B: 2\r\n", "\r\n"], ["B=2"]),
        (["HTTP/1.1 200\r\n", "A: 1\r\n", "\r\n", "Trailer: 2\r\n", "\r\n"], ["A=1"]),
    ])
    func itsFieldsAreThoseOfTheLastHead(lines: [String], fields: [String]) {
        #expect(Self.head(lines) == (fields, false))
    }

    @Test func itIsBoundedWithAllThatComesBeforeAndBehindIt() {
        #expect(!Self.head(["HTTP/1.1 200\r\n", "A: 1\r\n"], most: 20).tooMuch)
        #expect(Self.head(["HTTP/1.1 200\r\n", "A: 1\r\n"], most: 19).tooMuch)
        #expect(Self.head(["HTTP/1.1 103\r\n", "\r\n", "HTTP/1.1 200\r\n", "\r\n", "T: 1\r\n"], most: 33).tooMuch)
    }
}

@Suite struct FreshnessTests {
    @Test(
        arguments: [
            ([], nil), (["Cache-Control: public"], nil), (["Cache-Control: max-age=60"], 60),
            (["cache-control: Public, MAX-AGE=\"60\""], 60), (["Cache-Control: max-age=60", "Age: 20"], 40),
            (["Cache-Control: max-age=60", "Age: 70"], 0), (["Cache-Control: max-age=60, no-store"], 0),
            (["Cache-Control: max-age=60", "Cache-Control: no-cache"], 0), (["Cache-Control: max-age"], 0),
            (["Cache-Control: max-age=-1"], 0), (["Cache-Control: max-age=1e9"], 0),
            (["Cache-Control: max-age=60, max-age=5"], 5),
            (["Cache-Control: x=\"max-age=5, max-age=6\", max-age=60"], 60),
            (["Cache-Control: max-age=99999999999999999999999"], 31_536_000),
        ] as [([String], Int?)])
    func itIsWhatTheAnswerSays(lines: [String], seconds: Int?) {
        let fields = lines.compactMap { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return OutboundField(String(parts[0]), parts[1].utf8)
        }
        #expect(OutboundResponse(status: 200, fields: fields).freshness == seconds)
    }
}
