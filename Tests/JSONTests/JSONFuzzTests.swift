import JSON
import TestSupport
import Testing

@Suite struct JSONFuzzTests {
    private static let documents: [[UInt8]] = [
        #"{"a":[1,-2.50e+3,"\u00e9é\n😀",true,false,null,{}],"b":{"c":[]}}"#,
        #"[1e999, 123456789012345678901234567890, 0.1]"#, "[[[[[[]]]]],{}]", " -0 ",
        #"{ "a" : 1 , "b" : "\ud83d\ude00" , "\u0063" : [ "x y" , "\\" ] }"#, "\"\\\"\\\\ \"",
        #"{"a":{"a":{"a":1}},"b":"","é":"\u0000"}"#, #"{"\ud83d":1,"\ude00":"\ud83dx","\u0000":[],"\ue000":2}"#,
    ].map { Array($0.utf8) }

    private static let pieces: [[UInt8]] =
        [
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud83d", "\\udE00", "\\u0000", "\\ue000", "0", "1", "-",
            "+", ".", "e", "E9", "1e999",
            "e999", "99999999999999999999", "true", "null", " ", "\n", "\t", "\0", "\u{1}", "\"a\"", "\"\\u0061\"",
            "\"a\":1", "\"b\":", "é", "\u{FEFF}",
        ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xED, 0xA0, 0x80]]

    /// A valid document with a few bytes taken out, doubled or put in.
    private func document(_ random: inout SeededGenerator) -> [UInt8] {
        var document = Self.documents.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            let start = Int.random(in: 0...document.count, using: &random)
            let end = min(document.count, start + Int.random(in: 0...3, using: &random))
            switch Int.random(in: 0..<4, using: &random) {
            case 0: document.removeSubrange(start..<end)
            case 1: document.insert(contentsOf: document[start..<end], at: start)
            default: document.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? [], at: start)
            }
        }
        return document
    }

    @Test(arguments: freshSeeds(500))
    func `A document is accepted exactly if the reference accepts it, and is compact then`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let document = document(&random)
            let compact = try? JSON.compact(document)
            let isValid = ReferenceReader.accepts(document)
            #expect((compact != nil) == isValid, "\(String(decoding: document, as: UTF8.self))")
            guard let compact else { continue }
            #expect(try JSON.compact(compact) == compact)
            let text = document.starts(with: "\u{FEFF}".utf8) ? document.dropFirst(3) : document[...]
            #expect(compact.filter { !$0.isASCIIWhitespace } == text.filter { !$0.isASCIIWhitespace })
        }
    }

    @Test(arguments: freshSeeds(200))
    func `A value that was parsed is the same after it was encoded and after it was compacted`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let document = document(&random)
            guard let value = try? JSONValue(parsing: document) else { continue }
            #expect(try JSONValue(parsing: value.encoded()) == value)
            let compact = try JSON.compact(document)
            #expect(try JSONValue(parsing: compact) == value)
            #expect(try members(of: compact) == value.members)
        }
    }

    private func members(of compact: [UInt8]) throws -> [JSONValue.Member]? {
        try JSON.members(ofCompactObject: compact)?.map { name, value in
            JSONValue.Member(name, try JSONValue(parsing: Array(compact[value])))
        }
    }

    @Test(arguments: freshSeeds(200))
    func `Any bytes make a literal that gives back their repaired text`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let text = document(&random)
            var literal: [UInt8] = []
            JSON.appendQuoted(text, to: &literal)
            #expect(try JSONValue(parsing: literal) == .string(String(decoding: text, as: UTF8.self)))
            #expect(try JSON.compact(literal) == literal)
        }
    }
}

extension UInt8 {
    fileprivate var isASCIIWhitespace: Bool {
        [0x20, 0x09, 0x0A, 0x0D].contains(self)
    }
}
