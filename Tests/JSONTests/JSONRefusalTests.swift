import JSON
import Testing

@Suite struct JSONRefusalTests {
    static let malformed = [
        "", " ", "\n", "nul", "nulll", "True", "undefined", "NaN", "Infinity", "'a'", "a", "/**/1", "1 2",
        "[1] x", "[1]]", "{}{}", "[1,]", "[,1]", "[1 2]", "[", "]", "[}", "{]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
        "{a:1}", "{1:1}", "{\"a\" 1}", "{,}", "\"", "\"a", "\"\t\"", "\"\n\"", "\"\u{1F}\"", #""\x""#, #""\u12G4""#,
        #""\u12""#, #""\"#, "[\u{A0}1]", "[\u{C}1]", "\u{B}1", "#", ":", ",", "--", "[true1]", "[1true]",
        "[\"a\"\"b\"]",
    ]

    static let malformedNumbers = [
        "01", "-01", "-", "+1", ".5", "1.", "1.e5", "1e", "1e+", "1.5.5", "0x1", "1_000", "1,5", "- 1", "1e5e5",
        "1e999.5", "1e999e5", "[1e999.5]", "[1e999, 01]", "[1e999, 012]", "[-0123, 1e999]", "[1e999, 1.]",
        "[1e999, 1e5e5]", "1e999-1", "00e999", "-.5e999", "1e999e999", "0.0.0e999", "1e999 1e999",
        "{\"a\":1e999,\"b\":1e999.}",
    ]

    /// jansson by itself takes the first five.
    static let withNUL = [
        "1\0", "[1\0,2]", "[true\0]", "null\0\0", "{\"a\":1\0}", "\0", "\0{}", "{}\0", "\"\0\"", "[\0]",
    ]

    @Test(arguments: [malformed, malformedNumbers, withNUL].joined())
    func `What is not JSON is a syntax error`(_ document: String) {
        #expect(refusal(of: Array(document.utf8))?.kind == .syntax)
        #expect(!ReferenceReader.accepts(Array(document.utf8)))
    }

    @Test(
        arguments: [
            [0xFF], [0x80], [0xC3], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF8, 0x88, 0x80, 0x80, 0x80], [0xF0, 0x9F, 0x98],
        ] as [[UInt8]])
    func `Bytes that are not UTF-8 are refused wherever they stand`(_ bytes: [UInt8]) {
        let quote = [UInt8(ascii: "\"")]
        for document in [bytes, quote + bytes + quote, quote + bytes, [0x5B] + bytes + [0x5D], [0x31, 0x20] + bytes] {
            #expect(refusal(of: document)?.kind == .notUTF8)
        }
    }

    @Test(arguments: [
        #"{"a":1,"a":1}"#, #"{"a":1,"b":2,"\u0061":3}"#, #"[{"":1,"":2}]"#, #"{"x":{"é":1,"\u00E9":2}}"#,
        #"{"\/":1,"/":2}"#, #"{"😀":1,"\ud83d\ude00":2}"#, #"{"a":1e999,"a":1}"#,
    ])
    func `Two members of the same name are refused, however it is escaped`(_ document: String) {
        #expect(refusal(of: Array(document.utf8))?.kind == .duplicateKey)
    }

    @Test(
        arguments: [
            ([0xFF, 0xFE, 0x7B, 0, 0x7D, 0], "UTF-16"), ([0xFE, 0xFF, 0, 0x7B, 0, 0x7D], "UTF-16"),
            ([0x7B, 0, 0x7D, 0], "UTF-16"), ([0, 0x31, 0, 0x20], "UTF-16"), ([0x31, 0, 0, 0], "UTF-32"),
            ([0, 0, 0xFE, 0xFF, 0, 0, 0, 0x31], "UTF-32"), ([0xFF, 0xFE, 0, 0, 0x31, 0, 0, 0], "UTF-32"),
        ] as [([UInt8], String)])
    func `Another encoding is named`(_ document: [UInt8], _ encoding: String) {
        #expect(refusal(of: document)?.description == "\(encoding), not UTF-8 (line 1, column 1)")
        #expect(refusal(of: document)?.kind == .notUTF8)
    }

    @Test(arguments: [65, 10_000, 1_000_000])
    func `Nesting beyond the limit is refused, closed or not`(_ depth: Int) {
        #expect(refusal(of: nested(depth))?.kind == .tooDeep)
        #expect(refusal(of: Array(nested(depth)[..<depth]))?.kind == .tooDeep)
        #expect(refusal(of: Array(String(repeating: "{\"a\":", count: depth).utf8))?.kind == .tooDeep)
    }

    @Test func `Closing brackets make no room for more opening ones`() {
        #expect(refusal(of: nested(100_000).reversed())?.kind == .syntax)
    }

    @Test(arguments: [
        #"{"a":[1,-2.50e+3,"\u00e9é\n😀",true,false,null,{}],"b":{"c":[]}}"#,
        #"[[["a"]],{"b":{"c":1e999}}]"#, #""\ud83d\ude00""#,
    ])
    func `A document that is cut anywhere is refused`(_ document: String) {
        let bytes = Array(document.utf8)
        #expect(refusal(of: bytes) == nil)
        for end in bytes.indices {
            let kind = refusal(of: Array(bytes[..<end]))?.kind
            #expect(kind == .syntax || kind == .notUTF8, "cut at \(end)")
        }
    }
}
