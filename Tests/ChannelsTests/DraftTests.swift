import Channels
import Testing

@Suite struct DraftTests {
    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test(arguments: [
        "", "plain", "é\n日本\n\n", "\0", "a\u{85}b\u{2028}c", "\u{FEFF}", String(repeating: "long ", count: 50_000),
    ])
    func `UTF-8 text without CR is kept as it came`(text: String) throws {
        #expect(try Draft(data: Self.bytes(text)).data == Self.bytes(text))
    }

    @Test(arguments: [
        ("\r", "\n"), ("\r\n", "\n"), ("\n\r", "\n\n"), ("\r\r", "\n\n"), ("\r\n\r\n", "\n\n"), ("\r\r\n", "\n\n"),
        ("\n\n", "\n\n"), ("a\rb\r\nc\nd", "a\nb\nc\nd"), ("\ra", "\na"), ("a\r", "a\n"), ("a\r\n", "a\n"),
        ("\r\n\n", "\n\n"), ("\u{10D}\r", "\u{10D}\n"),
    ])
    func `CR and CRLF become LF`(text: String, expected: String) throws {
        let draft = try Draft(data: Self.bytes(text))
        #expect(draft.data == Self.bytes(expected))
    }

    @Test(
        arguments: [
            [0xFF], [0x61, 0xC3], [0xC3, 0x28], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF5, 0x80, 0x80, 0x80],
            [0x0D, 0x80],
        ] as [[UInt8]])
    func `Data that is not UTF-8 is refused`(bytes: [UInt8]) {
        #expect(throws: InvalidDraft.dataNotUTF8) { try Draft(data: bytes) }
    }

    @Test(arguments: ["order", "Message", "messages", "a b", "é", "pollux", "polluxx.gap", "Pollux.gap", "x.pollux."])
    func `A type is kept as it came`(type: String) throws {
        #expect(try Draft(type: Self.bytes(type), data: []).type == Self.bytes(type))
    }

    @Test(arguments: ["", "message"])
    func `The type message is the same as none`(type: String) throws {
        #expect(try Draft(type: Self.bytes(type), data: []).type == [])
    }

    static let invalidTypes: [(bytes: [UInt8], error: InvalidDraft)] = [
        (bytes("pollux."), .typeReserved),
        (bytes("pollux.gap"), .typeReserved),
        (bytes("a\nb"), .typeControlCharacter),
        (bytes("a\rb"), .typeControlCharacter),
        (bytes("a\0"), .typeControlCharacter),
        (bytes("\u{7F}"), .typeControlCharacter),
        (bytes("\u{85}"), .typeControlCharacter),
        ([0xFF], .typeNotUTF8),
        ([0x61, 0xE9], .typeNotUTF8),
    ]

    @Test(arguments: invalidTypes)
    func `Other types are refused, with the rule that they break`(bytes: [UInt8], error: InvalidDraft) {
        #expect(throws: error) { try Draft(type: bytes, data: []) }
    }

    @Test func `A type has at most 128 bytes`() throws {
        let longest = [UInt8](repeating: UInt8(ascii: "t"), count: 128)
        #expect(try Draft(type: longest, data: []).type == longest)
        #expect(throws: InvalidDraft.typeTooLong) { try Draft(type: longest + longest.prefix(1), data: []) }
    }

    @Test func `What is kept is what a draft would not change or refuse`() {
        let types = ["", "order", "é", "message", "pollux.gap", "a\nb", String(repeating: "t", count: 129)].map(
            Self.bytes)
        let long = String(repeating: "long ", count: 20)
        let texts = ["", "plain", "é\n\n", "\0", "\r", "a\r\n", long, long + "\r" + long, long + "\r"].map(Self.bytes)
        for type in types + [[0xFF]] {
            for data in texts + [[0xFF], [0xC3]] {
                let draft = try? Draft(type: type, data: data)
                #expect(Draft.isKept(type: type, data: data) == (draft?.type == type && draft?.data == data))
            }
        }
    }

    @Test func `What counts towards the limits is the type and the data`() {
        let event = Event(position: position(1), time: 0, channel: name("a"), type: [1, 2], data: [3, 4, 5])
        #expect(event.size == 5)
    }
}
