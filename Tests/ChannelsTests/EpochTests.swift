import Channels
import TestSupport
import Testing

@Suite struct EpochTests {
    @Test(arguments: ["a", "0", "8k2mfx3q", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"])
    func `One to 32 lower-case letters and digits are an epoch`(text: String) throws {
        let epoch = try #require(Epoch(Array(text.utf8)[...]))
        #expect(epoch.description == text)
    }

    @Test(arguments: ["", "A", "a-b", "a.b", "a b", "é", "\0", "`", "{", "/", ":", "a23456789012345678901234567890123"])
    func `Anything else is not`(text: String) {
        #expect(Epoch(Array(text.utf8)[...]) == nil)
    }

    @Test func `A random epoch has eight letters and digits and can be read again`() {
        let epochs = (0..<1_000).map { _ in Epoch.random() }
        #expect(epochs.allSatisfy { $0.bytes.count == 8 && Epoch($0.bytes[...]) == $0 })
        #expect(Set(epochs).count == epochs.count)
        #expect(Set(epochs.flatMap(\.bytes)).count == 36, "all 36 letters and digits are used")
    }

    @Test func `The same chance gives the same epoch`() {
        var (one, other) = (SeededGenerator(seed: 1), SeededGenerator(seed: 1))
        #expect(Epoch.random(using: &one) == Epoch.random(using: &other))
    }
}
