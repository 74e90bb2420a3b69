import NIOHTTP1
import Testing

@testable import HTTPServing

@Suite struct PreconditionTests {
    static let tag = #""now""#
    static let date = "Sun, 06 Nov 1994 08:49:37 GMT"
    static let before = "Sun, 06 Nov 1994 08:49:36 GMT"
    static let after = "Sun, 06 Nov 1994 08:49:38 GMT"
    static let current = Validators(entityTag: EntityTag("now"), lastModified: 784_111_777)

    private func outcome(_ fields: [(String, String)]) -> Precondition {
        Precondition(HTTPHeaders(fields), Self.current)
    }

    @Test func `Without conditions all is well`() {
        #expect(outcome([]) == .met)
    }

    @Test(arguments: [
        (tag, Precondition.notModified), (#"W/"now""#, .notModified), ("*", .notModified), (" * ", .notModified),
        (#""old", "now""#, .notModified), (#""old",W/"now""#, .notModified), (#""old""#, .met), (#""old", *"#, .met),
        ("now", .met), ("", .met), (#""NOW""#, .met),
    ])
    func `If-None-Match compares weakly`(_ field: String, _ expected: Precondition) {
        #expect(outcome([("If-None-Match", field)]) == expected)
    }

    @Test(arguments: [
        (tag, Precondition.met), ("*", .met), (#""old", "now""#, .met), (#"W/"now""#, .failed), (#""old""#, .failed),
        ("now", .failed), ("", .failed),
    ])
    func `If-Match compares strongly`(_ field: String, _ expected: Precondition) {
        #expect(outcome([("If-Match", field)]) == expected)
    }

    @Test func `A list may be spread over several fields`() {
        #expect(outcome([("If-None-Match", #""old""#), ("If-None-Match", Self.tag)]) == .notModified)
        #expect(outcome([("If-Match", #""old""#), ("If-Match", Self.tag)]) == .met)
    }

    @Test(arguments: [
        (date, Precondition.notModified), (after, .notModified), (before, .met), ("yesterday", .met), ("", .met),
    ])
    func `If-Modified-Since asks for what is younger`(_ field: String, _ expected: Precondition) {
        #expect(outcome([("If-Modified-Since", field)]) == expected)
    }

    @Test(arguments: [(date, Precondition.met), (after, .met), (before, .failed), ("yesterday", .met), ("", .met)])
    func `If-Unmodified-Since asks for what is not younger`(_ field: String, _ expected: Precondition) {
        #expect(outcome([("If-Unmodified-Since", field)]) == expected)
    }

    @Test(arguments: ["If-Modified-Since", "If-Unmodified-Since"])
    func `Two dates are none`(_ name: String) {
        #expect(outcome([(name, Self.before), (name, Self.after)]) == .met)
    }

    @Test func `A date does not count beside tags`() {
        #expect(outcome([("If-None-Match", #""old""#), ("If-Modified-Since", Self.date)]) == .met)
        #expect(outcome([("If-Match", Self.tag), ("If-Unmodified-Since", Self.before)]) == .met)
    }

    @Test func `What must be the same is looked at before what must differ`() {
        #expect(outcome([("If-None-Match", Self.tag), ("If-Match", #""old""#)]) == .failed)
        #expect(outcome([("If-None-Match", Self.tag), ("If-Match", Self.tag)]) == .notModified)
        #expect(outcome([("If-Modified-Since", Self.date), ("If-Unmodified-Since", Self.before)]) == .failed)
    }

    @Test(arguments: [
        (tag, true), (date, true), (#"W/"now""#, false), (#""old""#, false), (after, false), (before, false),
        ("", false), ("*", false), ("now", false),
    ])
    func `By If-Range a range counts only for the very same state`(_ field: String, _ expected: Bool) {
        #expect(Precondition.allowsRange(["If-Range": field], Self.current) == expected)
    }

    @Test func `Without If-Range a range counts`() {
        #expect(Precondition.allowsRange([:], Self.current))
    }
}
