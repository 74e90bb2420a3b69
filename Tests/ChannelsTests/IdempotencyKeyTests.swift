import Testing

@testable import Channels

@Suite struct IdempotencyKeyTests {
    @Test(arguments: ["a", " ", "~", "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", String(repeating: "k", count: 128)])
    func `One to 128 printable ASCII characters are a key`(text: String) {
        #expect(IdempotencyKey(text)?.text == text)
    }

    @Test(arguments: ["", "a\n", "\t", "\0", "\u{7F}", "é", "😀", "a\r\nb", String(repeating: "k", count: 129)])
    func `Anything else is not`(text: String) {
        #expect(IdempotencyKey(text) == nil)
    }

    // MARK: The keys that are remembered

    private let receipt = Receipt(first: position(1), count: 1, time: 5_000)

    private func publication(_ data: String, channel: String = "orders", key text: String = "k") -> Publication {
        Publication(channel: name(channel), drafts: [draft(data)], key: key(text))
    }

    /// Keys of which one is remembered, of a publication of `a` in the channel `orders`.
    private func keys(count: Int = 10) -> IdempotencyKeys {
        var keys = IdempotencyKeys(limits: .init(windowMilliseconds: 1_000, count: count))
        keys.remember(key("k"), of: publication("a"), receipt: receipt, at: 5_000)
        return keys
    }

    @Test func `A key that was used for the same events has its receipt`() {
        #expect(keys().outcome(of: publication("a"), key: key("k")) == .replayed(receipt))
    }

    @Test func `A key that was used for other events is a conflict`() {
        #expect(keys().outcome(of: publication("b"), key: key("k")) == .keyConflict)
    }

    @Test func `A key is new in another channel, and so is another key`() {
        #expect(keys().outcome(of: publication("a", channel: "Orders"), key: key("k")) == nil)
        #expect(keys().outcome(of: publication("a"), key: key("K")) == nil)
    }

    @Test(arguments: [(now: 6_000, isKnown: true), (now: 6_001, isKnown: false)] as [(now: Int64, isKnown: Bool)])
    func `A key is forgotten once its window is over`(now: Int64, isKnown: Bool) {
        var keys = keys()
        keys.expire(at: now)
        #expect((keys.outcome(of: publication("a"), key: key("k")) != nil) == isKnown)
    }

    @Test func `There is room for as many keys as the limit says`() {
        var keys = keys(count: 2)
        #expect(keys.hasRoom)
        keys.remember(
            key("l"), of: publication("a"), receipt: Receipt(first: position(2), count: 1, time: 5_500), at: 5_500)
        #expect(!keys.hasRoom)
        keys.expire(at: 6_001)
        #expect(keys.hasRoom, "the first is forgotten, the second is not")
        #expect(keys.outcome(of: publication("a"), key: key("l")) != nil)
    }
}
