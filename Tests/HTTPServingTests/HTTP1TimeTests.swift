import NIOCore
import Testing

@testable import HTTPServing

/// How long a client may take for what.
@Suite struct HTTP1TimeTests {
    private static let limits = {
        var limits = Limits()
        limits.headTimeout = .seconds(10)
        limits.bodyTimeout = .seconds(30)
        limits.idleTimeout = .seconds(70)
        limits.lingerTimeout = .seconds(2)
        return limits
    }()

    private func connection() throws -> Connection {
        try Connection(limits: Self.limits) { request, exchange in
            if request.pathText != "/later" { exchange.respond(.text("fine")) }
        }
    }

    @Test func `A client that sends nothing is let go without a word`() throws {
        let connection = try connection()
        connection.wait(.seconds(9))
        #expect(connection.isOpen)
        connection.wait(.seconds(10))
        #expect(!connection.isOpen)
        #expect(connection.text().isEmpty)
    }

    @Test func `A head that is not complete in time is refused`() throws {
        let connection = try connection()
        try connection.send("GET / HTTP/1.1\r\n")
        connection.wait(.seconds(10))
        let answer = try connection.answer()
        #expect(answer.status == 408)
        #expect(answer.body.contains("limits.headTimeout"))
        #expect(connection.socket.isOutputClosed)
    }

    @Test func `A head that drips does not get more time`() throws {
        let connection = try connection()
        try connection.send("GET / HTTP/1.1\r\n")
        let start = NIODeadline.now()
        for _ in 0..<20 { try connection.send("A: a\r\n") }
        connection.wait(start + .seconds(10) - .now())
        #expect(try connection.answer().status == 408)
    }

    @Test func `The head of a later request has its time too`() throws {
        let connection = try connection()
        try connection.get()
        _ = connection.text()
        try connection.send("GET / HTTP/1.1\r\n")
        connection.wait(.seconds(10))
        #expect(try connection.answer().status == 408)
    }

    @Test func `Content that is not complete in time is refused`() throws {
        let connection = try connection()
        try connection.get("/", method: "POST", "Content-Length: 10")
        try connection.send("12345")
        connection.wait(.seconds(29))
        #expect(connection.text().isEmpty)
        connection.wait(.seconds(30))
        let answer = try connection.answer()
        #expect(answer.status == 408)
        #expect(answer.body.contains("limits.bodyTimeout"))
        #expect(connection.responder.requests.isEmpty)
    }

    @Test func `Content has its time also where the client was slow to take the word to go on`() throws {
        let connection = try connection()
        connection.socket.takesWrites = false
        try connection.get("/", method: "POST", "Content-Length: 10", "Expect: 100-continue")
        connection.socket.takeAll()
        _ = connection.text()
        connection.wait(.seconds(30))
        #expect(try connection.answer().status == 408)
    }

    @Test func `A connection without a request is let go`() throws {
        let connection = try connection()
        try connection.get()
        _ = connection.text()
        connection.wait(.seconds(69))
        #expect(connection.isOpen)
        connection.wait(.seconds(70))
        #expect(!connection.isOpen)
        #expect(connection.text().isEmpty)
    }

    @Test func `An answer that was slow to be taken begins the wait for the next request`() throws {
        let connection = try connection()
        connection.socket.takesWrites = false
        try connection.get()
        connection.wait(.seconds(20))
        connection.socket.takeAll()
        connection.wait(.seconds(69))
        #expect(connection.isOpen)
        connection.wait(.seconds(70))
        #expect(!connection.isOpen)
    }

    @Test func `Answering may take any time`() throws {
        let connection = try connection()
        try connection.get("/later")
        connection.wait(.hours(24))
        #expect(connection.isOpen)
        connection.responder.exchanges[0].respond(.text("at last"))
        #expect(try connection.answer().body == "at last")
    }

    @Test func `A client that does not close behind the last answer is let go`() throws {
        let connection = try connection()
        try connection.send("nonsense\r\n\r\n")
        connection.wait(.seconds(1))
        #expect(connection.isOpen)
        connection.wait(.seconds(2))
        #expect(!connection.isOpen)
    }

    // MARK: The delegate's time

    @Test func `The delegate is told once that its time has come`() throws {
        let connection = try connection()
        try connection.get("/later")
        let delegate = RecordingDelegate()
        connection.responder.exchanges[0].delegate = delegate
        connection.responder.exchanges[0].setDeadline(.now() + .seconds(5))
        connection.wait(.seconds(4))
        #expect(delegate.calls.isEmpty)
        connection.wait(.seconds(5))
        connection.wait(.seconds(6))
        #expect(delegate.calls == [.deadlineReached])
    }

    @Test func `A new deadline takes the place of the last one`() throws {
        let connection = try connection()
        try connection.get("/later")
        let delegate = RecordingDelegate()
        let exchange = connection.responder.exchanges[0]
        exchange.delegate = delegate
        exchange.setDeadline(.now() + .seconds(5))
        exchange.setDeadline(.now() + .seconds(15))
        connection.wait(.seconds(10))
        #expect(delegate.calls.isEmpty)
        connection.wait(.seconds(15))
        #expect(delegate.calls == [.deadlineReached])
    }

    @Test func `The time of a request is kept while the client is slow to take the answer before`() throws {
        let connection = try connection()
        let delegate = RecordingDelegate()
        connection.socket.takesWrites = false
        try connection.send(Connection.request("/") + Connection.request("/later"))
        let exchange = try #require(connection.responder.exchanges.last)
        exchange.delegate = delegate
        exchange.setDeadline(.now() + .seconds(5))
        connection.socket.takeAll()
        connection.wait(.seconds(5))
        #expect(delegate.calls.contains(.deadlineReached))
        connection.wait(.hours(1))
        #expect(connection.isOpen)
    }
}
