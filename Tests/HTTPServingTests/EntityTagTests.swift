import Testing

@testable import HTTPServing

@Suite struct EntityTagTests {
    static let a = EntityTag("a")
    static let b = EntityTag("b")
    static let weakA = EntityTag("a", isWeak: true)

    @Test(arguments: [
        (#""a""#, [a]), (#"W/"a""#, [weakA]), (#""a", "b""#, [a, b]), (#""a","b""#, [a, b]),
        (", \"a\" ,, W/\"a\"\t, ", [a, weakA]),
        (#""a,b""#, [EntityTag("a,b")]), (#""""#, [EntityTag("")]), (#""W/""#, [EntityTag("W/")]),
        (#""ä""#, [EntityTag("ä")]),
    ])
    func `Tags are read from a list`(_ field: String, _ tags: [EntityTag]) {
        #expect(EntityTag.list(field) == tags)
    }

    @Test(arguments: [
        ("", []), ("a", []), ("*", []), (#"w/"a""#, []), (#"W/a"#, []), (#"W/ "a""#, []), (#"""#, []), (#""a"#, []),
        (#""a", b, "b""#, [a]), (#""a", ""#, [a]), (",,,", []),
    ])
    func `A list is read up to what is no tag`(_ field: String, _ tags: [EntityTag]) {
        #expect(EntityTag.list(field) == tags)
    }

    /// The table of RFC 9110, section 8.8.3.2.
    @Test(arguments: [
        (EntityTag("1", isWeak: true), EntityTag("1", isWeak: true), false, true),
        (EntityTag("1", isWeak: true), EntityTag("2", isWeak: true), false, false),
        (EntityTag("1", isWeak: true), EntityTag("1"), false, true),
        (EntityTag("1"), EntityTag("1", isWeak: true), false, true),
        (EntityTag("1"), EntityTag("1"), true, true),
    ])
    func `Only strong tags match strongly`(_ one: EntityTag, _ other: EntityTag, _ strongly: Bool, _ weakly: Bool) {
        #expect(one.matchesStrongly(other) == strongly)
        #expect(one.matchesWeakly(other) == weakly)
    }

    @Test(arguments: [a, weakA, EntityTag("")])
    func `A tag is read as it was written`(_ tag: EntityTag) {
        #expect(EntityTag.list(tag.description) == [tag])
    }
}
