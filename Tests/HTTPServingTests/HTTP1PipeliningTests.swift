import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServing

/// Requests that are sent before the last one is answered.
@Suite struct HTTP1PipeliningTests {
    private func requests(_ paths: String...) -> String { paths.map { Connection.request($0) }.joined() }

    /// Answers `/later…` only when the test says so, all else at once.
    private func connection(limits: Limits = Limits()) throws -> Connection {
        try Connection(limits: limits) { request, exchange in
            guard !request.pathText.hasPrefix("/later") else { return }
            exchange.respond(.text(request.pathText))
        }
    }

    @Test func `Requests in one read are answered in order, in one write`() throws {
        let connection = try connection()
        try connection.send(requests("/a", "/b", "/c"))
        #expect(connection.socket.writeCount == 1)
        #expect(try connection.answers().map(\.body) == ["/a", "/b", "/c"])
    }

    @Test func `A request waits until the one before it is answered`() throws {
        let connection = try connection()
        try connection.send(requests("/later", "/b"))
        #expect(connection.responder.paths == ["/later"])
        connection.responder.exchanges[0].respond(.text("at last"))
        #expect(connection.responder.paths == ["/later", "/b"])
        #expect(try connection.answers().map(\.body) == ["at last", "/b"])
    }

    @Test func `Requests that all take their time are answered one after the other`() throws {
        let connection = try connection()
        try connection.send(requests("/later1", "/later2") + requests("/later3"))
        for number in 1...3 {
            #expect(connection.responder.paths.last == "/later\(number)")
            connection.responder.exchanges[number - 1].respond(.text("\(number)"))
        }
        #expect(try connection.answers().map(\.body) == ["1", "2", "3"])
    }

    @Test func `A request behind a large answer that took its time is answered`() throws {
        let connection = try connection()
        try connection.send(requests("/later", "/b"))
        connection.responder.exchanges[0].respond(.text(String(repeating: "x", count: 200_000)))
        #expect(try connection.answers().map(\.body.utf8.count) == [200_000, 2])
    }

    @Test func `A request that comes in pieces behind an open one is answered`() throws {
        let connection = try connection()
        try connection.send(requests("/later") + "GET /b HTTP/1.1\r\n")
        try connection.send("Host: x\r\n")
        connection.responder.exchanges[0].respond(.text("a"))
        try connection.send("\r\n")
        #expect(try connection.answers().map(\.body) == ["a", "/b"])
    }

    @Test func `What is no HTTP is refused in its turn`() throws {
        let connection = try connection()
        try connection.send(requests("/later") + "nonsense\r\n\r\n")
        #expect(connection.text().isEmpty)
        connection.responder.exchanges[0].respond(.text("a"))
        #expect(try connection.answers().map(\.status) == [200, 400])
        #expect(connection.socket.isOutputClosed)
    }

    @Test func `Behind the last answer nothing is looked at`() throws {
        let connection = try connection()
        try connection.send(Connection.request("/a", ["Connection: close"]) + requests("/b"))
        #expect(connection.responder.paths == ["/a"])
        #expect(try connection.answers().map(\.body) == ["/a"])
    }

    @Test func `What comes behind a request that called itself the last does not end its answer`() throws {
        let connection = try connection()
        try connection.send(Connection.request("/later", ["Connection: close"]) + requests("/b"))
        try connection.send(requests("/c"))
        #expect(connection.isOpen)
        connection.responder.exchanges[0].respond(.text("a"))
        #expect(try connection.answers().map(\.body) == ["a"])
    }

    // MARK: Reading no faster than answering

    @Test func `Nothing more is read while requests wait to be looked at`() throws {
        let connection = try connection()
        try connection.send(requests("/later", "/b"))
        connection.read()
        #expect(connection.socket.readCount == 0)
        connection.responder.exchanges[0].respond(.text("a"))
        #expect(connection.socket.readCount == 1)
    }

    @Test func `Reading goes on while one request is answered and no other is there`() throws {
        let connection = try connection()
        try connection.send(requests("/later"))
        connection.read()
        #expect(connection.socket.readCount == 1)
    }

    @Test func `Reading goes on when a stream begins in front of waiting requests`() throws {
        let connection = try connection()
        try connection.send(requests("/later", "/b"))
        connection.read()
        connection.responder.exchanges[0].beginStream(Response(.ok))
        #expect(connection.socket.readCount == 1)
        #expect(connection.responder.paths == ["/later"])
    }

    @Test func `Reading goes on when the last answer is given in front of waiting requests`() throws {
        let connection = try connection()
        try connection.send(requests("/later", "/b"))
        connection.read()
        connection.drain()
        connection.responder.exchanges[0].respond(.text("a"))
        #expect(connection.socket.readCount == 1)
    }

    @Test func `The next request waits until the client has taken the last answer`() throws {
        let connection = try connection()
        connection.socket.takesWrites = false
        try connection.send(requests("/a"))
        try connection.send(requests("/b"))
        #expect(connection.responder.paths == ["/a"])
        connection.socket.takeAll()
        #expect(connection.responder.paths == ["/a", "/b"])
        #expect(try connection.answers().map(\.body) == ["/a", "/b"])
    }

    @Test func `A client that sends many requests and takes no answer is answered a few`() throws {
        let connection = try Connection { _, exchange in
            exchange.respond(.text(String(repeating: "x", count: 10_000)))
        }
        connection.socket.takesWrites = false
        try connection.send(String(repeating: Connection.request(), count: 1_000))
        #expect(connection.responder.requests.count < 20)
        connection.socket.takeAll()
        #expect(try connection.answers().count == 1_000)
    }
}
