import Channels
import Testing

@Suite struct AttributesTests {
    @Test func `They are read as they were written, whatever the order`() throws {
        let values: [String: [UInt8]] = ["retry": [1, 2], "a": [], "private": Array(repeating: 7, count: 3_000)]
        let attributes = try #require(Attributes(values))
        #expect(try #require(Attributes(parsing: attributes.bytes)) == attributes)
        #expect(attributes.values == values)
        #expect(Attributes().bytes.isEmpty && Attributes().isEmpty && Attributes(parsing: []) == Attributes())
    }

    @Test(
        arguments: [
            ["": [1]], ["é": [1]], ["a\n": [1]], [String(repeating: "a", count: 65): [1]],
            ["a": [UInt8](repeating: 0, count: 4_097)], ["a": [UInt8](repeating: 0, count: 4_094)],
        ] as [[String: [UInt8]]])
    func `What is no name, or too much, is refused`(values: [String: [UInt8]]) {
        #expect(Attributes(values) == nil)
    }

    @Test(
        arguments: [
            [1], [1, 97], [1, 97, 0], [1, 97, 0, 1], [0, 0, 0], [1, 98, 0, 0, 1, 97, 0, 0], [1, 97, 0, 0, 1, 97, 0, 0],
        ] as [[UInt8]])
    func `What was never written is not read`(bytes: [UInt8]) {
        #expect(Attributes(parsing: bytes) == nil)
    }
}
