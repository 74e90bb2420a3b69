import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServing

/// Answers that are written bit by bit.
@Suite struct HTTP1StreamTests {
    private let stream = Response(.ok, headers: ["Content-Type": "text/event-stream"])

    /// A connection with a stream that has begun.
    private func streaming(version: String = "1.1", _ fields: String...) throws -> (Connection, any Exchange) {
        let connection = try Connection { [stream] _, exchange in exchange.beginStream(stream) }
        try connection.send(Connection.request(version: version, fields))
        return (connection, connection.responder.exchanges[0])
    }

    @Test func `On HTTP/1.1 a stream is chunked and ends with the last chunk`() throws {
        let (connection, exchange) = try streaming()
        #expect(exchange.write(ByteBuffer(string: "abc")))
        #expect(exchange.write(SharedBytes(Array("de".utf8))))
        exchange.end()
        let answer = try connection.answer()
        #expect(answer["Transfer-Encoding"] == "chunked")
        #expect(answer["Connection"] == "close")
        #expect(!answer.has("Content-Length"))
        #expect(answer.chunks == [3, 2, 0])
        #expect(answer.body == "abcde")
        #expect(connection.socket.isOutputClosed)
    }

    @Test func `On HTTP/1.0 a stream goes on until the connection ends`() throws {
        let (connection, exchange) = try streaming(version: "1.0", "Connection: keep-alive")
        _ = exchange.write(ByteBuffer(string: "abc"))
        _ = exchange.write(SharedBytes(Array("de".utf8)))
        exchange.end()
        let answer = try connection.answer()
        #expect(!answer.has("Transfer-Encoding") && !answer.has("Content-Length") && !answer.has("Connection"))
        #expect(answer.body == "abcde")
        #expect(connection.socket.isOutputClosed)
    }

    @Test func `Writing nothing does not end a stream`() throws {
        let (connection, exchange) = try streaming()
        _ = exchange.write(ByteBuffer())
        _ = exchange.write(SharedBytes([]))
        _ = exchange.write(ByteBuffer(string: "abc"))
        exchange.end()
        #expect(try connection.answer().chunks == [3, 0])
    }

    @Test func `The head goes out with the first bytes`() throws {
        let connection = try Connection { [stream] _, exchange in
            exchange.beginStream(stream)
            _ = exchange.write(ByteBuffer(string: "x"))
            #expect((exchange as? HTTP1Connection)?.output.readableBytes == 0)
        }
        try connection.get()
        #expect(connection.socket.writeCount == 1)
        #expect(connection.text().hasSuffix("\r\n\r\n1\r\nx\r\n"))
    }

    @Test func `The head goes out at once even if nothing follows`() throws {
        let (connection, _) = try streaming()
        #expect(connection.text().hasPrefix("HTTP/1.1 200 OK\r\n"))
    }

    @Test func `A stream whose length is told is not chunked`() throws {
        let connection = try Connection { _, exchange in
            exchange.beginStream(Response(.ok, headers: ["Content-Length": "3"]))
            _ = exchange.write(ByteBuffer(string: "abc"))
            exchange.end()
        }
        try connection.get()
        let answer = try connection.answer()
        #expect(answer["Content-Length"] == "3")
        #expect(answer.body == "abc")
    }

    @Test func `What the client sends while it gets a stream is not looked at`() throws {
        let (connection, exchange) = try streaming()
        try connection.get("/b")
        try connection.send("\0\0nonsense")
        #expect(connection.responder.requests.count == 1)
        #expect(connection.isOpen)
        #expect(exchange.hasBegunStream)
    }

    @Test func `A request behind a stream in the same read is not looked at`() throws {
        let connection = try Connection { [stream] _, exchange in exchange.beginStream(stream) }
        try connection.send(Connection.request("/a") + Connection.request("/b") + "nonsense\r\n\r\n")
        #expect(connection.responder.paths == ["/a"])
        #expect(try connection.answers().count == 1)
    }

    @Test func `The delegate is told when the client goes, and nothing is written then`() throws {
        let (connection, exchange) = try streaming()
        let delegate = RecordingDelegate()
        exchange.delegate = delegate
        _ = connection.text()
        connection.disconnect()
        #expect(delegate.calls == [.closed])
        #expect(!exchange.write(ByteBuffer(string: "abc")))
        exchange.end()
        #expect(connection.text().isEmpty)
    }

    @Test func `The delegate is let go of with the end of the answer`() throws {
        weak var weakDelegate: RecordingDelegate?
        let (connection, exchange) = try streaming()
        do {
            let delegate = RecordingDelegate()
            weakDelegate = delegate
            exchange.delegate = delegate
        }
        #expect(weakDelegate != nil)
        exchange.end()
        #expect(weakDelegate == nil)
        #expect(connection.isOpen)
    }

    @Test func `Ending twice, or without a stream, writes nothing`() throws {
        let (connection, exchange) = try streaming()
        exchange.end()
        _ = connection.text()
        exchange.end()
        exchange.respond(.text("x"))
        #expect(connection.text().isEmpty)
    }
}
