import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServing

/// What a client can make the parser of HTTP/1 do and hold.
@Suite struct HTTP1ParserCostTests {
    @Test func `A connection on which there is always the beginning of a next request holds no more for it`() throws {
        var parser = HTTP1Parser(headSize: 1_000, fieldCount: 10)
        parser.append(ByteBuffer(string: "GET / HTTP/1.1\r\nA: "))
        for _ in 0..<2_000 {
            parser.append(ByteBuffer(string: "b\r\n\r\nGET / HTTP/1.1\r\nA: "))
            while try parser.next() != nil {}
        }
        #expect(parser.buffer.readableBytes == 19)
        #expect(parser.buffer.capacity < 4_096)
    }

    @Test func `Nor does one whose chunks are always cut`() throws {
        var parser = HTTP1Parser(headSize: 1_000, fieldCount: 10)
        parser.append(ByteBuffer(string: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0000"))
        for _ in 0..<2_000 {
            parser.append(ByteBuffer(string: "003\r\nabc\r\n0000"))
            while try parser.next() != nil {}
        }
        #expect(parser.buffer.capacity < 4_096)
    }

    @Test func `What has been read of a head is not looked at again when more of it comes`() throws {
        var progress: HTTP1HeadParser.Progress?
        func parse(_ text: String) throws -> RequestHead? {
            let outcome = try Array(text.utf8).withUnsafeBytes {
                try HTTP1HeadParser($0, 1_000, 10).parse(from: progress)
            }
            switch outcome {
            case .head(let head, _): return head
            case .incomplete(let known): progress = known
            }
            return nil
        }
        #expect(try parse("GET /a HTTP/1.1\r\nA: b\r\nC: de") == nil)
        // A NUL would be refused wherever the parser looks; the names and values are taken out when the head is whole.
        let head = try #require(try parse("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0A: b\r\nC: def\r\n\r\n"))
        #expect(head.method == .GET && head.target.path == Array("/a".utf8))
        #expect(head.headers.map { "\($0.name)=\($0.value)" } == ["A=b", "C=def"])
    }
}
