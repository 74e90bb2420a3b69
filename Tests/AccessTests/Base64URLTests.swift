import TestSupport
import Testing

@testable import Access

@Suite struct Base64URLTests {
    @Test(arguments: [
        ("", []), ("AA", [0]), ("__8", [255, 255]), ("-_-_", [251, 255, 191]), ("aGVsbG8", Array("hello".utf8)),
    ])
    func `Bytes have one spelling`(text: String, bytes: [UInt8]) {
        #expect(Base64URL.decode(Array(text.utf8)[...]) == bytes)
        #expect(Base64URL.encode(bytes) == Array(text.utf8))
    }

    @Test(arguments: ["A", "AB", "AAF", "AA==", "AA=", "A A", "A+/A", "aGVsbG9", "AA\n", "AAAAA", "é"])
    func `Padding, other alphabets, blanks and bits left over are refused`(text: String) {
        #expect(Base64URL.decode(Array(text.utf8)[...]) == nil)
    }

    @Test(arguments: freshSeeds(5))
    func `What was encoded is decoded to the same`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for count in 0..<100 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(Base64URL.decode(Base64URL.encode(bytes)[...]) == bytes)
        }
    }
}
