import Channels
import Testing

@Suite struct ChannelNameTests {
    @Test(arguments: [
        "a", "orders", "Orders/2026 (new)", "...", ".a", "a..", "~", " ", "é", "e\u{301}", "日本語", "😀", "\u{A0}",
        "\u{FEFF}x", "\u{2028}", "*", "%2E", "-", "a,b", "\u{10FFFF}",
    ])
    func `A name is what its bytes are`(text: String) throws {
        let name = try ChannelName(text)
        #expect(name.bytes == Array(text.utf8))
        #expect(name.description == text)
        #expect(try ChannelName(Array(text.utf8)) == name)
    }

    static let invalid: [(bytes: [UInt8], error: InvalidChannelName)] = [
        ([], .empty),
        (Array(".".utf8), .dots),
        (Array("..".utf8), .dots),
        ([0x00], .controlCharacter),
        (Array("a\nb".utf8), .controlCharacter),
        (Array("a\rb".utf8), .controlCharacter),
        (Array("\tb".utf8), .controlCharacter),
        ([0x1F], .controlCharacter),
        (Array("a\u{7F}".utf8), .controlCharacter),
        (Array("a\u{80}".utf8), .controlCharacter),
        (Array("é\u{85}".utf8), .controlCharacter),
        (Array("\u{9F}".utf8), .controlCharacter),
        ([0x80], .notUTF8),
        ([0xFF, 0x61], .notUTF8),
        ([0xC3], .notUTF8),
        ([0xC0, 0xAE], .notUTF8),
        ([0xED, 0xA0, 0x80], .notUTF8),
        ([0xF4, 0x90, 0x80, 0x80], .notUTF8),
        ([0x00, 0xFF], .notUTF8),
    ]

    @Test(arguments: invalid)
    func `Other bytes are refused, with the rule that they break`(bytes: [UInt8], error: InvalidChannelName) {
        #expect(throws: error) { try ChannelName(bytes) }
    }

    @Test(arguments: [("a", 256), ("é", 128), ("😀", 64)])
    func `A name has at most 256 bytes`(character: String, count: Int) throws {
        let longest = String(repeating: character, count: count)
        #expect(try ChannelName(longest).bytes.count == 256)
        #expect(throws: InvalidChannelName.tooLong) { try ChannelName(longest + "a") }
    }

    @Test func `Names that only look the same are different channels`() {
        let composed = name("caf\u{E9}")
        let decomposed = name("cafe\u{301}")
        #expect(composed.description == decomposed.description)
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed, name("Café")]).count == 3)
    }

    @Test func `Names are in the order of their bytes`() {
        let ordered = ["A", "Z", "a", "a/", "aa", "b", "e\u{301}", "z", "\u{E9}", "日"].map(name)
        #expect(ordered.reversed().sorted() == ordered)
    }

    @Test func `A selection holds each channel once, in the order of bytes, and at least one`() {
        let selection = Selection(["b", "a", "b", "A"].map(name))
        #expect(selection?.channels == ["A", "a", "b"].map(name))
        #expect(selection == Selection(["a", "A", "b"].map(name)))
        #expect(Selection([]) == nil)
    }
}
