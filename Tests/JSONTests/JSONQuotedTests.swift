import JSON
import Testing

@Suite struct JSONQuotedTests {
    private func quoted(_ text: [UInt8]) -> String {
        var buffer: [UInt8] = []
        JSON.appendQuoted(text, to: &buffer)
        return String(validating: buffer, as: UTF8.self) ?? "not UTF-8"
    }

    @Test(arguments: ["", "a", "a b/c", "é€😀", "\u{7F}\u{80}\u{2028}\u{FEFF}", "'<&>"])
    func `Text that needs no escape is only put in quotes`(_ text: String) {
        #expect(quoted(Array(text.utf8)) == "\"\(text)\"")
    }

    @Test(arguments: [
        ("\"", #""\"""#), ("\\", #""\\""#), ("\n", #""\n""#), ("\r\t\u{8}\u{C}", #""\r\t\b\f""#), ("\0", #""\u0000""#),
        ("a\0é", #""a\u0000é""#), ("\u{1F}\u{1}", #""\u001F\u0001""#), ("{\"a\":\"\\\"\"}", #""{\"a\":\"\\\"\"}""#),
    ])
    func `Quotes, backslashes and control characters are escaped`(_ text: String, _ literal: String) {
        #expect(quoted(Array(text.utf8)) == literal)
    }

    @Test(
        arguments: [
            ([0xFF], "\"\u{FFFD}\""), ([0x61, 0xC3], "\"a\u{FFFD}\""), ([0x0A, 0xFF], "\"\\n\u{FFFD}\""),
            ([0xED, 0xA0, 0x80], "\"\u{FFFD}\u{FFFD}\u{FFFD}\""), ([0xC0, 0xA2], "\"\u{FFFD}\u{FFFD}\""),
        ] as [([UInt8], String)])
    func `Bytes that are not UTF-8 are replaced`(_ text: [UInt8], _ literal: String) {
        #expect(quoted(text) == literal)
    }

    @Test func `Every scalar below U+3000 comes back from its literal`() throws {
        for value in UInt32(0)..<0x3000 {
            let text = String(try #require(Unicode.Scalar(value)))
            #expect(try JSONValue(parsing: Array(quoted(Array(text.utf8)).utf8)) == .string(text))
        }
    }

    @Test func `A long text of nothing but escapes comes back from its literal`() throws {
        let text = String(repeating: "\u{1}", count: 100_000)
        #expect(try JSONValue(parsing: Array(quoted(Array(text.utf8)).utf8)) == .string(text))
    }

    @Test func `A literal is appended behind what the buffer holds`() {
        var buffer = Array("[".utf8)
        JSON.appendQuoted(Array("a".utf8), to: &buffer)
        JSON.appendQuoted(Array("\n".utf8), to: &buffer)
        #expect(buffer == Array(#"["a""\n""#.utf8))
    }
}
