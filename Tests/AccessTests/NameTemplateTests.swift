import Channels
import JSON
import TestSupport
import Testing

@testable import Access

@Suite struct NameTemplateTests {
    private let claims = Claims(
        .object([
            .init("sub", .string("ann.b/c")), .init("team", .integer(7)), .init("star", .string("*")),
            .init("empty", .string("")), .init("list", .array([.string("a")])),
        ]))

    private func matches(_ template: String, _ name: String) throws -> Bool {
        try NameTemplate(template).matches(try ChannelName(name), claims: self.claims)
    }

    @Test(arguments: [
        ("news", "news"), ("news.*", "news.a.b"), ("*", "x"), ("user.{sub}.*", "user.ann%2Eb%2Fc.x"), ("{team}", "7"),
        ("a.{team}-{team}", "a.7-7"), ("a.{star}", "a.%2A"),
    ])
    func `A claim's value stands for itself, encoded as one segment`(template: String, name: String) throws {
        #expect(try matches(template, name))
        #expect(try NameTemplate(template).couldMatch(try ChannelName(name)))
    }

    @Test(arguments: [
        ("user.{sub}.*", "user.ann.b/c.x"), ("user.{sub}", "user.bob"), ("a.{star}", "a.b"), ("a.{empty}", "a."),
        ("a.{missing}", "a.b"), ("a.{list}", "a.a"), ("a.{missing}*", "a.b"), ("news", "news2"),
    ])
    func `Nothing else fits, and a claim that is missing, empty or no text fits nothing`(template: String, name: String)
        throws
    {
        #expect(try !matches(template, name))
    }

    @Test(arguments: [("user.{sub}", "user.a.b"), ("user.{sub}", "user."), ("a.{x}.b", "a.x"), ("{x}", "a/b")])
    func `A placeholder is one segment whoever asks`(template: String, name: String) throws {
        #expect(try !NameTemplate(template).couldMatch(try ChannelName(name)))
    }

    @Test(arguments: ["{", "}", "{}", "a.{b", "a}b", "{a}{", "{a}}"])
    func `A brace without a claim is refused`(text: String) {
        #expect(throws: InvalidNameTemplate.self) { try NameTemplate(text) }
    }

    @Test(arguments: [
        ("news.*", 5), ("user.{sub}.*", 6), ("*", 0), ("{sub}", 0), ("a{b}c*d", 3),
    ])
    func `Placeholders and asterisks are no literal bytes`(text: String, count: Int) throws {
        #expect(try NameTemplate(text).literalCount == count)
    }

    @Test(arguments: [
        ("a.*", "*.b", true), ("a.*", "b.*", false), ("a.{x}", "a.b", true), ("a.{x}", "a.b.c", false),
        ("a.{x}", "a.{y}", true), ("a.{x}.c", "a.b.*", true), ("{x}", "*", true), ("a", "a", true), ("a", "b", false),
        ("a.{x}", "a.", false), ("*a", "*b", false), ("*a*", "*b*", true), ("{x}.a", "b.{y}", true),
        ("{x}", "a.b", false),
    ])
    func `Two overlap if a name could fit both`(one: String, other: String, overlaps: Bool) throws {
        #expect(try NameTemplate(one).overlaps(try NameTemplate(other)) == overlaps)
        #expect(try NameTemplate(other).overlaps(try NameTemplate(one)) == overlaps)
    }

    @Test(arguments: freshSeeds(20))
    func `Random templates overlap exactly if one of all short names fits both`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let letters = ["a", "b", ","]
        var names = letters
        for _ in 0..<5 { names = Array(Set(names + names.flatMap { name in letters.map { name + $0 } })) }
        let channels = Set(names).compactMap { try? ChannelName($0) }
        for _ in 0..<20 {
            let pair = try (0..<2).map { _ in
                let pieces = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                    (letters + ["*", "{x}"]).randomElement(using: &random) ?? "a"
                }
                return try NameTemplate(pieces.joined())
            }
            let isShown = channels.contains { pair[0].couldMatch($0) && pair[1].couldMatch($0) }
            // Two of three pieces that overlap do so in a name of six bytes at most.
            #expect(pair[0].overlaps(pair[1]) == isShown, "\(pair.map(\.text))")
        }
    }
}
