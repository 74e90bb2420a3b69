import Channels
import TestSupport
import Testing

@Suite struct EventIDTests {
    private func epoch(_ text: String) throws -> Epoch { try #require(Epoch(Array(text.utf8)[...])) }

    @Test(arguments: [0, 1, 9, 10, 99, 100, 1_041, UInt64(Int64.max) - 1, UInt64(Int64.max)])
    func `An id that was written can be read`(number: UInt64) throws {
        let id = EventID(epoch: try epoch("8k2mfx3q"), position: position(number))
        #expect(id.description == "8k2mfx3q-\(number)")
        #expect(EventID(parsing: id.bytes) == id)
    }

    @Test(arguments: freshSeeds(20))
    func `Any id that was written can be read`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for bits in 0..<63 {
            let number = UInt64.random(in: 0...(1 << bits), using: &random)
            let id = EventID(epoch: .random(using: &random), position: position(number))
            #expect(EventID(parsing: id.bytes) == id)
        }
    }

    @Test(arguments: [
        "", "-", "a", "1", "a-", "-1", "a--1", "a-1-", "a-1-2", "a-1.2", "a-1.2-3.4", "a-01", "a-00", "a-+1", "a- 1",
        " a-1", "a-1 ", "a-1\n", "a-1\0", "a-1a", "a-0x1", "a-1e3", "A-1", "é-1", "a_1", "a-١", "a-:", "a-/",
        "a-9223372036854775808", "a-9999999999999999999", "a-18446744073709551616", "a-10000000000000000000",
        "a23456789012345678901234567890123-1",
    ])
    func `Anything that would not have been written is no id`(text: String) {
        #expect(EventID(parsing: Array(text.utf8)) == nil)
    }

    @Test func `Bytes that are not ASCII are no id`() {
        #expect(EventID(parsing: [0x61, 0x2D, 0xFF]) == nil)
        #expect(EventID(parsing: [0xFF, 0x2D, 0x31]) == nil)
    }

    @Test func `The longest id has 52 bytes, all safe in a header and a query`() throws {
        let longest = EventID(epoch: try epoch(String(repeating: "z", count: 32)), position: .maximum)
        #expect(longest.bytes.count == 52)
        #expect(longest.description.wholeMatch(of: /[a-z0-9]+-[0-9]+/) != nil)
        #expect(EventID(parsing: longest.bytes) == longest)
    }

    @Test(arguments: [0, 1, 9, 10, 11, 99, 100, 101, 999_999, 1_000_000, UInt64.max - 1, UInt64.max])
    func `A number is written in its decimal digits, behind what was there`(number: UInt64) {
        var bytes = Array("x".utf8)
        bytes.append(decimal: number)
        #expect(String(decoding: bytes, as: UTF8.self) == "x\(number)")
    }

    @Test func `A position is before the one that follows it, and nothing is before zero`() {
        #expect(position(41).advanced(by: 1) == position(42))
        #expect(position(42).predecessor == position(41))
        #expect(Position.zero.predecessor == .zero)
        #expect(position(9) < position(10))
    }
}
