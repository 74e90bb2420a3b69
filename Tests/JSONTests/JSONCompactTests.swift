import JSON
import Testing

@Suite struct JSONCompactTests {
    @Test(arguments: ["null", "true", "false", "0", "\"\"", "[]", "{}", "\"a\"", "[[],{}]", #"{"":{"":[]}}"#])
    func `Every kind of value is a document`(_ document: String) throws {
        #expect(try compacted(Array(document.utf8)) == document)
    }

    @Test(arguments: [
        (" null ", "null"), ("\t\r\n [ 1 ,\r\n\t2 ] \n", "[1,2]"),
        ("{ \"a\" : { } , \"b\" : [ ] }", #"{"a":{},"b":[]}"#),
        (#"[" a  b ", "\" , ", " \\", " "]"#, #"[" a  b ","\" , "," \\"," "]"#),
        ("{\"a b\" : \" \"}", #"{"a b":" "}"#), ("[\"\\\\\\\" \" , 1]", #"["\\\" ",1]"#),
    ])
    func `Whitespace is left out, but not in strings`(_ document: String, _ compact: String) throws {
        #expect(try compacted(Array(document.utf8)) == compact)
    }

    static let numbers = [
        "-0", "-0.0", "1.10", "0.000", "1E+2", "1e-2", "1e400", "-1e400", "1e-400", "1E9999999999", "12", "-1",
        "1.0e999", "9223372036854775807", "9223372036854775808", "-9223372036854775809",
        "0.1000000000000000000000000000000000001", "1" + String(repeating: "0", count: 700),
        "-" + String(repeating: "9", count: 400) + ".5e300",
        "1." + String(repeating: "3", count: 700),
    ]

    @Test(arguments: numbers)
    func `A number stays as it is written`(_ number: String) throws {
        #expect(try compacted(Array(number.utf8)) == number)
        #expect(try compacted(Array("{ \"a\" : [ \(number) , \(number) ] }".utf8)) == "{\"a\":[\(number),\(number)]}")
    }

    @Test(arguments: [
        #"[1e999,"1e999","\"1e999",12]"#, #"[1e999,"\u1234"]"#, #"{"123":1e999,"456":1}"#,
        #"{"1e999":1,"2e999":1e999}"#,
    ])
    func `A string that looks like a number stays as it is`(_ document: String) throws {
        #expect(try compacted(Array(document.utf8)) == document)
    }

    @Test(arguments: [
        #""\u00e9\u00E9é""#, #""\/\b\f\n\r\t\"\\""#, #""\u0000""#, #""\ud83d\ude00😀""#, "\"\u{7F}\u{2028}\u{FFFF}\"",
        #"{"b":1,"a":2,"B":3,"\u0062\u0062":4}"#, "{\"\u{E9}\":1,\"e\u{301}\":2}",
    ])
    func `Escapes, characters and the order of members stay as they are written`(_ document: String) throws {
        #expect(try compacted(Array(document.utf8)) == document)
    }

    @Test(arguments: [1, 63, 64])
    func `Nesting up to the limit is accepted`(_ depth: Int) throws {
        #expect(try JSON.compact(nested(depth)) == nested(depth))
    }

    @Test func `The limit counts arrays and objects alike`() throws {
        let document = Array(#"[{"a":[{}]},{"a":[{}]}]"#.utf8)
        #expect(try JSON.compact(document, maximumDepth: 4) == document)
        let error = #expect(throws: JSONError.self) { try JSON.compact(document, maximumDepth: 3) }
        #expect(error?.kind == .tooDeep)
    }

    @Test func `Brackets in strings do not count`() throws {
        let document = Array("[\"\(String(repeating: "[", count: 100))\"]".utf8)
        #expect(try JSON.compact(document, maximumDepth: 1) == document)
    }

    @Test func `Only scalars are accepted at depth 0`() throws {
        #expect(try JSON.compact(Array("1".utf8), maximumDepth: 0) == Array("1".utf8))
        #expect(throws: JSONError.self) { try JSON.compact(Array("[]".utf8), maximumDepth: 0) }
    }

    @Test func `A limit beyond that of jansson is still a limit`() throws {
        #expect(try JSON.compact(nested(2048), maximumDepth: .max) == nested(2048))
        let error = #expect(throws: JSONError.self) { try JSON.compact(nested(2049), maximumDepth: .max) }
        #expect(error?.kind == .tooDeep)
    }

    @Test func `What is compact does not change`() throws {
        let document = Array(#"{ "a" : [ 1.10 , "x y" , { } ] , "b" : null }"#.utf8)
        let compact = try JSON.compact(document)
        #expect(try JSON.compact(compact) == compact)
    }
}
