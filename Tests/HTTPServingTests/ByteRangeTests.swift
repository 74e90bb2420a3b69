import Testing

@testable import HTTPServing

@Suite struct ByteRangeTests {
    @Test(arguments: [
        ("bytes=0-0", 0..<1), ("bytes=0-9", 0..<10), ("bytes=3-5", 3..<6), ("bytes=3-", 3..<10), ("bytes=0-", 0..<10),
        ("bytes=9-", 9..<10), ("bytes=-1", 9..<10), ("bytes=-10", 0..<10), ("BYTES=1-2", 1..<3),
        ("bytes= 1-2 ", 1..<3), ("bytes=,1-2,", 1..<3), ("bytes=001-002", 1..<3),
    ])
    func `One range of ten bytes is understood`(_ field: String, _ range: Range<Int>) {
        #expect(ByteRange(field, of: 10) == .part(range))
    }

    @Test(arguments: [
        ("bytes=3-10", 3..<10), ("bytes=3-99", 3..<10), ("bytes=0-9223372036854775807", 0..<10),
        ("bytes=0-99999999999999999999999", 0..<10), ("bytes=-11", 0..<10), ("bytes=-99999999999999999999999", 0..<10),
    ])
    func `A range that goes beyond the end is cut there`(_ field: String, _ range: Range<Int>) {
        #expect(ByteRange(field, of: 10) == .part(range))
    }

    @Test(arguments: ["bytes=10-", "bytes=10-12", "bytes=99999999999999999999999-", "bytes=-0"])
    func `A range with no byte of the content in it is unsatisfiable`(_ field: String) {
        #expect(ByteRange(field, of: 10) == .unsatisfiable)
    }

    @Test(arguments: [
        "", "bytes", "bytes=", "bytes=-", "bytes=,", "bytes=5-3", "bytes=a-b", "bytes=1-b", "bytes=1", "bytes=1--2",
        "bytes=--1", "bytes=+1-2", "bytes=1-2-3", "bytes=1 - 2", "bytes =1-2", "bytes=0x1-2", "bytes=１-２",
        "bytes:1-2", "items=1-2", "=1-2", "bytes==1-2", "bytes=1-2=",
    ])
    func `What is no range of bytes is passed over`(_ field: String) {
        #expect(ByteRange(field, of: 10) == .whole)
    }

    @Test(arguments: ["bytes=0-1,3-4", "bytes=0-1, 99-", "bytes=-1,-2", "bytes=1-2,x"])
    func `For several ranges there is the whole content`(_ field: String) {
        #expect(ByteRange(field, of: 10) == .whole)
    }

    @Test(arguments: [
        ("bytes=0-", ByteRange.unsatisfiable), ("bytes=0-0", .unsatisfiable), ("bytes=-0", .unsatisfiable),
        ("bytes=-1", .whole),
    ])
    func `Of an empty content only its end can be had`(_ field: String, _ range: ByteRange) {
        #expect(ByteRange(field, of: 0) == range)
    }
}
