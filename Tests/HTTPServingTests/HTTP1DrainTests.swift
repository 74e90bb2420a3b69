import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServing

/// How connections end when the server stops.
@Suite struct HTTP1DrainTests {
    @Test func `A connection without a request is closed at once`() throws {
        let connection = try Connection { _, exchange in exchange.respond(.text("fine")) }
        try connection.get()
        connection.drain()
        #expect(!connection.isOpen)
    }

    @Test func `An answer that the client has not taken yet is not cut`() throws {
        let connection = try Connection { _, exchange in exchange.respond(.text("fine")) }
        connection.socket.takesWrites = false
        try connection.get()
        connection.drain()
        #expect(connection.isOpen)
        connection.socket.takeAll()
        #expect(try connection.answer().body == "fine")
        #expect(connection.socket.isOutputClosed)
        connection.wait(Limits().lingerTimeout)
        #expect(!connection.isOpen)
    }

    @Test func `A request under way is answered, and told that the connection ends`() throws {
        let connection = try Connection()
        try connection.get()
        connection.drain()
        connection.responder.exchanges[0].respond(.text("fine"))
        #expect(try connection.answer()["Connection"] == "close")
        #expect(connection.socket.isOutputClosed)
    }

    @Test func `The delegate of an answer under way is told`() throws {
        let connection = try Connection()
        try connection.get()
        let exchange = connection.responder.exchanges[0]
        let delegate = RecordingDelegate { if $0 == .drain { exchange.respond(.text("early")) } }
        exchange.delegate = delegate
        connection.drain()
        #expect(delegate.calls == [.drain])
        #expect(try connection.answer().body == "early")
    }

    @Test func `The delegate of a stream is told, and can end it whole`() throws {
        let connection = try Connection { _, exchange in exchange.beginStream(Response(.ok)) }
        try connection.get()
        let exchange = connection.responder.exchanges[0]
        let delegate = RecordingDelegate { _ in exchange.end() }
        exchange.delegate = delegate
        connection.drain()
        #expect(delegate.calls == [.drain])
        #expect(try connection.answer().chunks == [0])
    }

    @Test func `A request that was on its way is answered, and its delegate told to come to an end`() throws {
        var delegate: RecordingDelegate?
        let connection = try Connection { _, exchange in
            delegate = RecordingDelegate { if $0 == .drain { exchange.respond(.text("early")) } }
            exchange.delegate = delegate
        }
        try connection.get("/", method: "POST", "Content-Length: 3")
        connection.drain()
        #expect(connection.isOpen)
        try connection.send("abc")
        #expect(try connection.answer().body == "early")
        #expect(delegate?.calls == [.drain])
    }

    @Test func `Requests behind the one under way are not looked at`() throws {
        let connection = try Connection()
        try connection.send(Connection.request("/a") + Connection.request("/b"))
        connection.drain()
        connection.responder.exchanges[0].respond(.text("fine"))
        #expect(try connection.answers().count == 1)
        #expect(connection.responder.paths == ["/a"])
    }
}
