import JSON
import Testing

/// RFC 8259 by its sections: what the grammar has, and what it has not.
@Suite struct JSONGrammarTests {
    static let structure = [
        "[]", "{}", " [ ] ", "{ }", "[[]]", "[[[[1]]]]", "[{},[],{}]", #"{"a":[]}"#, #"{"a":{},"b":[{}]}"#,
        #"{"a":1,"A":1}"#, #"{"":0}"#, "[null,true,false]", "[\"\",1]", "\t\r\n 1 \n\r\t",
        "[ 1 , [2, [ 3]]\n]", #"[1,[2,[3]],{"x":{"y":null}}]"#,
    ]

    static let numbers = [
        "0", "-0", "1", "-1", "10", "123456789", "0.0", "-0.0", "0.5", "1.25", "1e1", "1E1", "1e+1", "1e-1", "0e0",
        "0E+0", "-0e-0", "1.5e300", "1e400", "1e-400", "123123e100000", "0.4e00669999999999999999999999999999999999",
        "100000000000000000000", "-237462374673276894279832749832423479823246327846",
    ]

    static let strings = [
        #""""#, #""a""#, #"" ""#, #"" a  b ""#, #""\"\\\/\b\f\n\r\t""#, #""\u0061\u30AF\u30ea\u30b9""#, #""\u0000""#,
        #""\u0012""#,
        #""\u0022""#, #""\u005C""#, #""\u002c""#, #""\u007F""#, #""\u00A9""#, #""\u2028\u2029""#, #""\uFFFF\uFFFE""#,
        #""\uFDD0""#, #""\uD801\udc37""#, #""\ud83d\ude39\ud83d\udc8d""#, #""\uDBFF\uDFFF""#, #""\\u0000""#, #""\\a""#,
        #""a/*b*/c/*d//e""#, #""é😀⍂㈴⍂""#, "\"\u{7F}\"", "\"\u{2028}\u{2029}\"", "\"\u{FEFF}\"",
        "\"\u{10FFFD}\u{1F000}\"",
        "\"\u{E000}\u{FFFD}\"",
    ]

    /// Halves of surrogate pairs (RFC 8259 §8.2): "unpredictable" for who reads them, but JSON.
    static let halves = [
        #""\ud800""#, #""\udc00""#, #""\uD83D""#, #""\ud800abc""#, #""\ud800\n""#, #""\ud800\ud800\n""#,
        #""\uDd1e\uD834""#,
        #""\ud800\ud800\udc00""#, #""\udc00\ud800""#, #""\\ud800\ud800""#, #""\ud800\\udc00""#, #""\ud800\u0061""#,
        #""\uDFAA""#, #"["\uDADA"]"#, #"["\ud888\u1234"]"#, #"{"\uDFAA":0}"#, #"{"\ud800":1,"\ud801":2}"#,
        #"{"\ud800":1,"\ue000":2,"\u1000":3,"ခ":4}"#, #"{"\ud800":1,"\ud800\udc00":2}"#, #"{"a":1e999,"\ud800":1}"#,
        #"{"\u0000":1}"#, #"{"a\u0000b":1,"ab":2}"#, #"{"\u0000":"\u0000","\ud800":0}"#,
    ]

    @Test(arguments: [structure, numbers, strings, halves].joined())
    func `What the grammar has is taken, and escapes stay as they are written`(_ document: String) throws {
        let bytes = Array(document.utf8)
        let compact = try JSON.compact(bytes)
        #expect(ReferenceReader.accepts(bytes))
        #expect(try JSON.compact(compact) == compact)
        let blanks = Set(" \t\r\n".utf8)
        #expect(compact == (document.contains("\"") ? bytes : bytes.filter { !blanks.contains($0) }))
    }

    static let duplicates = [
        #"{"\ud800":1,"\uD800":2}"#, #"{"\u0000":1,"\u0000":2}"#, #"{"\ud800":1,"a":2,"\u0061":3}"#,
        #"{"x\udc00":1,"\u0078\udc00":2}"#, #"{"\ud800\u0000":{"\ud800":1,"\ud800":2}}"#,
    ]

    @Test(arguments: duplicates)
    func `Names with halves of pairs or U+0000 are compared as others`(_ document: String) {
        #expect(refusal(of: Array(document.utf8))?.kind == .duplicateKey)
        #expect(!ReferenceReader.accepts(Array(document.utf8)))
    }

    static let refused = [
        // §2 structural characters and literal names
        "[1 true]", "[a\u{E5}]", "[\"\": 1]", "[\"\"],", "[,]", "[1,,2]", "[x", "[\"x\"]]", "[,1]", "[1,]", "[1,,]",
        "[3[4]]",
        "[*]", "[\n", "[1\n,1", "[inner: true]", "{\"x\", null}", "{\"x\"::\"b\"}", "{key: 'v'}", "{\"a\":\"b\" c}",
        "{\"a\" b}", "{:\"b\"}", "{\"a\":\"a\" 123}", "{null:null}", "{\"a\":0,,,}", "{'a':0}", "{\"id\":0,}",
        "{[: \"x\"}\n",
        "{\"a\":/*c*/1}", "{\"id\":0}//", "{\"a\":\"b\"}#", "{\"a\":\"b\"}#{}", "fals", "nul", "tru", "True", "[True]",
        "\u{E5}",
        // §6 numbers
        "-", "+1", "++1", "- 1", "-01", "012", "0x1", "0x", "1a", "1eE2", "1e", "0e+", "0.e1", ".2e-3", "2.e3", "1.0e",
        "-1.0.",
        "9.e+", "Inf", "-Infinity", "NaN", "-NaN", "1 000.0", "1+2", "\u{FF11}", "-foo", "2.", "0.1.2", "1ea", "-2.",
        "1e1.5",
        // §7 strings
        #""\uD800\"#, #""\uD800\u"#, #""\uD800\u1""#, #""\uD800\u1x""#, #""\uqqqq""#, #""\u00A""#, #""\u00zz""#,
        #""\a""#,
        #""\x00""#, "\"\\\u{1F300}\"", "\"\u{0}\"", "\"\u{1F}\"", "\"a\nb\"", "\"a\tb\"", "\"", "\"a", "'a'", #""\"#,
        #""\\\""#, #""\ "#,
        #"["\u"]"#, "\u{201C}a\u{201D}", #"\u0061"#, #""\UA66D""#, "\"\\\u{E5}\"",
        // §8.1 a byte order mark anywhere but at the beginning
        "\u{FEFF}", "\u{FEFF}\u{FEFF}1", " \u{FEFF}1", "[\u{FEFF}]", "1\u{FEFF}",
    ]

    @Test(arguments: refused)
    func `What the grammar has not is refused`(_ document: String) {
        #expect(refusal(of: Array(document.utf8)) != nil)
        #expect(!ReferenceReader.accepts(Array(document.utf8)))
        #expect(throws: JSONError.self) { try JSONValue(parsing: Array(document.utf8)) }
    }

    @Test(arguments: [("\u{FEFF}{}", "{}"), ("\u{FEFF} 1", "1"), ("\u{FEFF}\"\u{FEFF}\"", "\"\u{FEFF}\"")])
    func `A byte order mark at the beginning is left out`(_ document: String, _ compact: String) throws {
        #expect(try compacted(Array(document.utf8)).utf8.elementsEqual(compact.utf8))
    }

    @Test func `Every half of a pair is told from every other, and from a document full of other characters`() throws {
        let halves = (0xD800...0xDFFF).map { "\"\\u\(String($0, radix: 16))\":0" }
        let others = (0x1000...0x2FFF).compactMap { Unicode.Scalar($0).map { "\"\($0)\":0" } }
        let document = Array("{\((halves + others).joined(separator: ","))}".utf8)
        #expect(try JSON.compact(document) == document)
    }
}
