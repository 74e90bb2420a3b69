import NIOCore
import Testing

@testable import HTTPServing

@Suite struct SharedBytesTests {
    @Test(arguments: [1, 15, 16, 255, 256, 65_536])
    func `A chunk is the content between its size in hexadecimal and a line end`(count: Int) {
        let content = [UInt8](repeating: UInt8(ascii: "x"), count: count)
        let shared = SharedBytes(content)
        #expect(shared.content == ByteBuffer(bytes: content))
        let text = String(repeating: "x", count: count)
        #expect(String(buffer: shared.chunk) == String(count, radix: 16) + "\r\n\(text)\r\n")
    }

    @Test func `No content is no chunk, since an empty one would be the last`() {
        let shared = SharedBytes([])
        #expect(shared.content.readableBytes == 0)
        #expect(shared.chunk.readableBytes == 0)
    }

    @Test func `Both forms are the same bytes in memory`() {
        let shared = SharedBytes(Array("abc".utf8))
        let chunk = shared.chunk.withUnsafeReadableBytes { $0.baseAddress }
        let content = shared.content.withUnsafeReadableBytes { $0.baseAddress }
        #expect(chunk.map { $0 + 3 } == content)
    }
}
