import Testing

@testable import HTTPServing

@Suite struct PercentEncodingTests {
    @Test(arguments: [
        ("", ""), ("abc", "abc"), ("a%20b", "a b"), ("%41%62", "Ab"), ("%c3%A9", "é"), ("%2F%2f", "//"), ("%25", "%"),
        ("%2541", "%41"), ("a+b", "a+b"), ("%00", "\0"), ("é", "é"),
    ])
    func `Escapes stand for bytes, all else for itself`(text: String, decoded: String) {
        #expect(PercentEncoding.decode(Array(text.utf8)[...], plusIsBlank: false) == Array(decoded.utf8))
    }

    @Test(arguments: [("a+b", "a b"), ("+", " "), ("%2B", "+"), ("a%20+b", "a  b")])
    func `In queries and forms a plus is a blank`(text: String, decoded: String) {
        #expect(PercentEncoding.decode(Array(text.utf8)[...], plusIsBlank: true) == Array(decoded.utf8))
    }

    @Test func `Any byte can be escaped`() {
        for byte in UInt8.min...UInt8.max {
            let digits = String(byte, radix: 16)
            let text = "%" + (digits.count == 1 ? "0" : "") + digits
            #expect(PercentEncoding.decode(Array(text.utf8)[...], plusIsBlank: true) == [byte])
        }
    }

    @Test(arguments: ["%", "a%", "%4", "%4x", "%x4", "%%41", "% 41", "%-1", "%+1", "%é"])
    func `A percent sign without two hexadecimal digits is nothing`(text: String) {
        #expect(PercentEncoding.decode(Array(text.utf8)[...], plusIsBlank: true) == nil)
        #expect(FormFields(Array("\(text)=a&b=\(text)".utf8)).fields.map(\.nameText) == ["b"])
    }

    @Test func `A part of a longer text is decoded alone`() {
        let text = Array("a%20b%20c".utf8)
        #expect(PercentEncoding.decode(text[1..<5], plusIsBlank: false) == Array(" b".utf8))
    }

    @Test(arguments: [
        ("", []), ("&", []), ("&&a=1&", ["a:1"]), ("a=1&b=2", ["a:1", "b:2"]), ("a", ["a:"]), ("a=", ["a:"]),
        ("=a", [":a"]), ("=", [":"]), ("a=1&a=2", ["a:1", "a:2"]), ("a=b=c", ["a:b=c"]), ("a+b=c+d", ["a b:c+d"]),
        ("a%3D=%26", ["a=:%26"]), ("a=1;b=2", ["a:1;b=2"]), ("a=\r\n", ["a:\r\n"]), ("é=ü", ["é:ü"]),
    ])
    func `Form fields are found in their order, their values as they were sent`(text: String, fields: [String]) {
        let parsed = FormFields(Array(text.utf8)).fields
        #expect(parsed.map { "\($0.nameText):\(String(decoding: $0.value, as: UTF8.self))" } == fields)
    }
}
