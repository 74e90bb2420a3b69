import JSON
import Testing

@Suite struct JSONErrorTests {
    @Test(arguments: [
        ("", 1, 1), ("[1,", 1, 3), ("[1,\n", 2, 1), ("[1,\n  tru]", 2, 5), ("[1]\n\n x", 3, 2),
        ("{\"a\":1,\n\"a\":2}", 2, 3),
        ("[\"é\", x]", 1, 7), ("[1,]", 1, 4), ("\"a\tb\"", 1, 2), ("1 2", 1, 3), ("\r\n]", 2, 1),
    ])
    func `An error names the line and the column of the last character that was read`(
        _ document: String, _ line: Int, _ column: Int
    ) throws {
        let error = try #require(refusal(of: Array(document.utf8)))
        #expect(error.line == line)
        #expect(error.column == column)
    }

    @Test(arguments: [("[\n \"é\",[", 2, 6), ("[[", 1, 2), ("[1,\n[", 2, 1)])
    func `An error of depth names the bracket that is too many`(_ document: String, _ line: Int, _ column: Int) {
        let error = #expect(throws: JSONError.self) { try JSON.compact(Array(document.utf8), maximumDepth: 1) }
        #expect(error?.kind == .tooDeep)
        #expect(error?.line == line)
        #expect(error?.column == column)
    }

    @Test func `A large number before it does not move an error`() throws {
        let small = try #require(refusal(of: Array("[100000,\n 123456, tru]".utf8)))
        let large = try #require(refusal(of: Array("[1e9999,\n 1e9999, tru]".utf8)))
        #expect(small == large)
    }

    @Test(arguments: [
        ("[\"\\ud800\",\n \"\\udc00\", tru]", 2, 14), (#"{"\u0000":1,"é":[}"#, 1, 18),
        ("\u{FEFF}[1,]", 1, 4), (#"["\ud800", "\u12G4"]"#, 1, 17),
    ])
    func `A half surrogate pair, U+0000 or a byte order mark before it does not move an error`(
        _ document: String, _ line: Int, _ column: Int
    ) throws {
        let error = try #require(refusal(of: Array(document.utf8)))
        #expect(error.kind == .syntax)
        #expect(error.line == line)
        #expect(error.column == column)
    }

    @Test func `A NUL byte is named where it stands`() throws {
        let error = try #require(refusal(of: Array("[\n1\0]".utf8)))
        #expect(error.description == "NUL byte (line 2, column 2)")
    }

    @Test(arguments: [
        ("[1 2]", "']' expected (line 1, column 4)"), ("", "unexpected end of input (line 1, column 1)"),
        ("1 2", "more than one value (line 1, column 3)"), ("[secret]", "invalid token (line 1, column 7)"),
        ("{\"a\":1,\"a\":2}", "two members of the same name (line 1, column 10)"),
        ("1e999.5", "malformed number (line 1, column 5)"),
    ])
    func `An error is described without quoting the document`(_ document: String, _ description: String) {
        #expect(refusal(of: Array(document.utf8))?.description == description)
    }
}
