import JSON
import Testing

@Suite struct JSONMembersTests {
    /// The members as "name=value", or `nil`.
    private func members(of object: String) -> [String]? {
        let bytes = Array(object.utf8)
        return JSON.members(ofCompactObject: bytes)?.map { name, value in
            "\(name)=\(String(decoding: bytes[value], as: UTF8.self))"
        }
    }

    @Test(arguments: [
        ("{}", []), (#"{"a":1}"#, ["a=1"]), (#"{"a":1,"b":"x","c":null}"#, ["a=1", #"b="x""#, "c=null"]),
        (#"{"":{}}"#, ["={}"]),
        (#"{"a":{"b":{"c":[1,{"d":2}]}},"e":[[],[{}]]}"#, [#"a={"b":{"c":[1,{"d":2}]}}"#, "e=[[],[{}]]"]),
        (#"{"a":"},{\":[","b":"\\"}"#, [#"a="},{\":[""#, #"b="\\""#]), (#"{"a,:{}[]":1}"#, ["a,:{}[]=1"]),
        (#"{"a":1.10,"b":1e400}"#, ["a=1.10", "b=1e400"]),
    ])
    func `Members are found at the first level only`(_ object: String, _ expected: [String]) {
        #expect(members(of: object) == expected)
    }

    @Test(arguments: [
        (#"{"\u0061":1}"#, "a"), (#"{"\"\\\/\n":1}"#, "\"\\/\n"), (#"{"\ud83d\ude00é":1}"#, "😀é"), (#"{"é":1}"#, "é"),
    ])
    func `Names are decoded`(_ object: String, _ name: String) {
        #expect(members(of: object) == ["\(name)=1"])
    }

    @Test(arguments: [
        (#"{"\ud83d":1,"a":"\udc00"}"#, ["\u{FFFD}=1", #"a="\udc00""#]), (#"{"a\u0000":1,"b":2}"#, ["a\0=1", "b=2"]),
        (#"{"event\ud800":1}"#, ["\u{FFFD}=1"]),
    ])
    func `A name that is no text, or holds U+0000, is a member as others`(_ object: String, _ expected: [String]) throws
    {
        #expect(members(of: try compacted(Array(object.utf8))) == expected)
    }

    @Test(arguments: ["null", "1", "\"a\"", "\"{}\"", "[]", "[{\"a\":1}]", ""])
    func `Other values have no members`(_ value: String) {
        #expect(members(of: value) == nil)
    }

    @Test(arguments: [
        "{", "}", "{:1}", #"{"a"}"#, "{a:1}", #"{"a":1"#, "{,}", #"{"a":1}}{"b":2}"#, #"{"\":1}"#, #"{"\x":1}"#, "{::,",
        "{]:}",
    ])
    func `Bytes that are no compact object do no harm`(_ object: String) {
        let count = object.utf8.count
        for (_, value) in JSON.members(ofCompactObject: Array(object.utf8)) ?? [] {
            #expect(0...count ~= value.lowerBound && value.upperBound <= count)
        }
    }
}
