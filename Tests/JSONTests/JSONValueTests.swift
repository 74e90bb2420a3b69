import JSON
import Testing

@Suite struct JSONValueTests {
    private func parsed(_ document: String) throws -> JSONValue {
        try JSONValue(parsing: Array(document.utf8))
    }

    private func encoded(_ value: JSONValue) -> String {
        String(decoding: value.encoded(), as: UTF8.self)
    }

    static let values: [(String, JSONValue)] = [
        ("null", .null), ("true", .bool(true)), ("false", .bool(false)), ("0", .integer(0)), ("-12", .integer(-12)),
        ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)), ("1.5", .real(1.5)),
        ("-0.0", .real(-0.0)), ("1e300", .real(1e300)), ("\"\"", .string("")), (#""a\u0000é\n😀""#, .string("a\0é\n😀")),
        ("[]", .array([])), ("{}", .object([])), ("[1,[null]]", .array([.integer(1), .array([.null])])),
        (#"{"b":1,"a":{"":[]}}"#, .object([.init("b", .integer(1)), .init("a", .object([.init("", .array([]))]))])),
    ]

    @Test(arguments: values)
    func `Every kind of value is parsed`(_ document: String, _ value: JSONValue) throws {
        #expect(try parsed(document) == value)
    }

    @Test(arguments: values)
    func `Every value comes back from its encoding`(_: String, _ value: JSONValue) throws {
        #expect(try JSONValue(parsing: value.encoded()) == value)
    }

    @Test(arguments: [0.1, 1.1, Double.leastNonzeroMagnitude, .greatestFiniteMagnitude, -2.0 / 3, 1e22, 123456789.125])
    func `A real comes back as the same one`(_ number: Double) throws {
        #expect(try JSONValue(parsing: JSONValue.real(number).encoded()) == .real(number))
    }

    @Test func `Members keep their order`() throws {
        let names = (0..<1000).map { "\($0 * 7919 % 1000)" }
        let object = JSONValue.object(names.map { .init($0, .null) })
        #expect(try JSONValue(parsing: object.encoded()).members?.map(\.name) == names)
    }

    @Test func `A value is encoded without whitespace`() {
        let value = JSONValue.object([.init("a", .array([.integer(1), .string("é/")])), .init("b", .null)])
        #expect(encoded(value) == #"{"a":[1,"é/"],"b":null}"#)
    }

    @Test func `A long value is encoded whole`() throws {
        let value = JSONValue.array(Array(repeating: .string(String(repeating: "x", count: 100)), count: 1000))
        #expect(try JSONValue(parsing: value.encoded()) == value)
    }

    @Test func `Of members with the same name the last value is encoded in the first place`() {
        let value = JSONValue.object([.init("a", .integer(1)), .init("b", .null), .init("a", .integer(2))])
        #expect(encoded(value) == #"{"a":2,"b":null}"#)
    }

    @Test func `A name may hold U+0000 when it is encoded`() {
        #expect(encoded(.object([.init("a\0b", .null)])) == #"{"a\u0000b":null}"#)
    }

    @Test(arguments: [Double.infinity, -Double.infinity, Double.nan])
    func `A real that is not finite is encoded as null`(_ number: Double) {
        #expect(encoded(.array([.real(number)])) == "[null]")
    }

    @Test(arguments: ["9223372036854775808", "-9223372036854775809", "1e400", "[-1e309]"])
    func `A number that does not fit is refused`(_ document: String) {
        let error = #expect(throws: JSONError.self) { try parsed(document) }
        #expect(error?.kind == .numberTooLarge)
    }

    @Test(
        arguments: [
            ("", .syntax), ("1\0", .syntax), (#"{"a":1,"\u0061":1}"#, .duplicateKey),
        ] as [(String, JSONError.Kind)])
    func `What compact refuses is refused`(_ document: String, _ kind: JSONError.Kind) {
        let error = #expect(throws: JSONError.self) { try parsed(document) }
        #expect(error?.kind == kind)
    }

    @Test(
        arguments: [
            (#"{"\u0000":1}"#, .nullInKey), (#""\ud800""#, .noCharacter), (#"["\udc00x"]"#, .noCharacter),
            (#""\ud800\ud800\udc00""#, .noCharacter), (#"{"\ud83d":1}"#, .noCharacter),
        ] as [(String, JSONError.Kind)])
    func `What the grammar has and a value cannot hold is refused`(_ document: String, _ kind: JSONError.Kind) throws {
        let error = #expect(throws: JSONError.self) { try parsed(document) }
        #expect(error?.kind == kind)
        #expect(try compacted(Array(document.utf8)) == document)
    }

    @Test func `A byte order mark is passed over`() throws {
        #expect(try parsed("\u{FEFF} [1]") == .array([.integer(1)]))
        #expect(throws: JSONError.self) { try parsed("\u{FEFF}") }
    }

    @Test func `Nesting is limited`() throws {
        #expect(try JSONValue(parsing: nested(64)).encoded() == nested(64))
        let error = #expect(throws: JSONError.self) { try JSONValue(parsing: nested(65)) }
        #expect(error?.kind == .tooDeep)
        #expect(throws: JSONError.self) { try JSONValue(parsing: nested(2), maximumDepth: 1) }
    }

    @Test func `Members are found by the bytes of their names`() {
        let names = ["e\u{301}", "\u{E9}", "\u{E9}"]
        let object = JSONValue.object(zip(names, 1...).map { name, number in .init(name, .integer(number)) })
        #expect(object["\u{E9}"] == .integer(2))
        #expect(object["e\u{301}"] == .integer(1))
        #expect(object["e"] == nil)
        #expect(JSONValue.array([])["e"] == nil)
    }

    @Test func `Accessors give what is there and nothing else`() {
        #expect(JSONValue.string("a").stringValue == "a")
        #expect(JSONValue.integer(1).integerValue == 1)
        #expect(JSONValue.real(1).integerValue == nil)
        #expect(JSONValue.real(1.5).realValue == 1.5)
        #expect(JSONValue.integer(2).realValue == 2)
        #expect(JSONValue.bool(false).boolValue == false)
        #expect(JSONValue.array([.null]).elements == [.null])
        #expect(JSONValue.object([]).members == [])
        #expect(JSONValue.null.isNull)
        for value in [JSONValue.null, .bool(true), .array([]), .object([])] {
            #expect(value.stringValue == nil)
            #expect(value.integerValue == nil)
            #expect(value.realValue == nil)
        }
        for value in [JSONValue.string("a"), .integer(0), .real(0)] {
            #expect(!value.isNull)
            #expect(value.boolValue == nil)
            #expect(value.elements == nil)
            #expect(value.members == nil)
        }
    }
}
