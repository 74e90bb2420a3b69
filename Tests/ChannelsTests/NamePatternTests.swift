import Channels
import TestSupport
import Testing

@Suite struct NamePatternTests {
    static let fitting: [(pattern: String, name: String)] = [
        ("a", "a"), ("*", "a"), ("**", "anything"), ("a*", "a"), ("*a", "a"), ("*a*", "a"), ("a*", "abc"),
        ("*c", "abc"),
        ("a*c", "ac"), ("a*c", "abbc"), ("a*c", "acac"), ("*ab*", "aab"), ("a*b*c", "aXbYc"), ("a*b*c", "abcbc"),
        ("*aab", "aaaab"), ("a**c", "abc"), ("orders/*", "orders/"), ("*é", "é"), ("?", "?"), ("*", "*"),
    ]

    @Test(arguments: fitting)
    func `An asterisk stands for any number of bytes`(pattern: String, text: String) {
        #expect(NamePattern(pattern).matches(name(text)))
    }

    static let misfits: [(pattern: String, name: String)] = [
        ("", "a"), ("a", "b"), ("a", "A"), ("a", "ab"), ("ab", "a"), ("a*", "ba"), ("*a", "ab"), ("a*c", "abcd"),
        ("*ab*", "ba"), ("a*b*c", "acb"), ("?", "a"), ("a.c", "abc"), ("\u{E9}", "e\u{301}"), ("aa*aa", "aaa"),
    ]

    @Test(arguments: misfits)
    func `All else stands for itself`(pattern: String, text: String) {
        #expect(!NamePattern(pattern).matches(name(text)))
    }

    @Test(arguments: freshSeeds(50))
    func `A pattern fits exactly what the plain definition says`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let pattern = text(of: "ab**", upTo: 6, &random)
            let subject = "a" + text(of: "ab", upTo: 8, &random)
            let expected = Self.fits(Array(pattern.utf8)[...], Array(subject.utf8)[...])
            try #require(NamePattern(pattern).matches(name(subject)) == expected, "\(pattern) \(subject)")
        }
    }

    @Test func `A hostile pattern takes no more than name times pattern length steps`() {
        let pattern = NamePattern(String(repeating: "*a", count: 120) + "b")
        #expect(!pattern.matches(name(String(repeating: "a", count: 256))))
    }

    private func text(of letters: String, upTo count: Int, _ random: inout SeededGenerator) -> String {
        String(
            (0..<Int.random(in: 0...count, using: &random)).compactMap { _ in letters.randomElement(using: &random) })
    }

    private static func fits(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        guard first == UInt8(ascii: "*") else {
            return first == name.first && fits(pattern.dropFirst(), name.dropFirst())
        }
        return fits(pattern.dropFirst(), name) || (!name.isEmpty && fits(pattern, name.dropFirst()))
    }
}
