import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServing

/// Answers that are put off, so that a client's next requests can be begun.
@Suite struct HTTP1PostponedTests {
    /// Keeps the answers to POST for later, answers all else at once, and holds `/held`.
    private final class Later {
        var answers: [any PostponedAnswer] = []
        let delegate = RecordingDelegate()

        func connection() throws -> Connection {
            try Connection { request, exchange in
                if request.method == .POST {
                    self.answers.append(exchange.postpone())
                } else if request.pathText == "/held" {
                    exchange.delegate = self.delegate
                } else {
                    exchange.respond(.text(request.pathText))
                }
            }
        }
    }

    private let later = Later()

    private func posts(_ paths: String..., fields: [String] = []) -> String {
        paths.map { Connection.request($0, method: "POST", fields + ["Content-Length: 0"]) }.joined()
    }

    @Test func `Requests whose answers may wait are begun at once, and answered in their order in one write`() throws {
        let connection = try later.connection()
        try connection.send(posts("/1", "/2", "/3"))
        #expect(connection.responder.paths == ["/1", "/2", "/3"])
        for index in [2, 0, 1] { later.answers[index].respond(.text("\(index)")) }
        connection.settle()
        #expect(connection.socket.writeCount == 1)
        #expect(try connection.answers().map(\.body) == ["0", "1", "2"])
    }

    @Test func `An answer goes out as soon as those before it have`() throws {
        let connection = try later.connection()
        try connection.send(posts("/1", "/2"))
        later.answers[0].respond(.text("first"))
        connection.settle()
        #expect(try connection.answer().body == "first")
        later.answers[1].respond(.text("second"))
        connection.settle()
        #expect(try connection.answer().body == "second")
    }

    @Test func `What is answered at once waits for the answers before it`() throws {
        let connection = try Connection { request, exchange in
            if request.pathText == "/later" {
                self.later.answers.append(exchange.postpone())
            } else {
                exchange.respond(.text("now"))
            }
        }
        try connection.send(posts("/later", "/now"))
        #expect(connection.text() == "")
        later.answers[0].respond(.text("at last"))
        connection.settle()
        #expect(try connection.answers().map(\.body) == ["at last", "now"])
    }

    @Test func `A request that must not overlap begins when all before it are answered`() throws {
        let connection = try later.connection()
        try connection.send(posts("/1", "/2") + Connection.request("/a") + Connection.request("/b"))
        #expect(connection.responder.paths == ["/1", "/2"])
        later.answers[1].respond(.text("2"))
        connection.settle()
        #expect(connection.responder.paths == ["/1", "/2"])
        later.answers[0].respond(.text("1"))
        connection.settle()
        #expect(try connection.answers().map(\.body) == ["1", "2", "/a", "/b"])
    }

    @Test func `A stream can be begun behind answers that were put off`() throws {
        let connection = try Connection { request, exchange in
            if request.method == .POST {
                self.later.answers.append(exchange.postpone())
            } else {
                exchange.beginStream(Response(.ok))
                exchange.end()
            }
        }
        try connection.send(posts("/1") + Connection.request("/stream"))
        later.answers[0].respond(.text("1"))
        connection.settle()
        let answers = try connection.answers()
        #expect(answers.count == 2)
        #expect(answers.last?.chunks == [0])
    }

    @Test func `What is no request is refused behind the answers before it`() throws {
        let connection = try later.connection()
        try connection.send(posts("/1") + "nonsense\r\n\r\n")
        #expect(connection.text() == "")
        later.answers[0].respond(.text("1"))
        connection.settle()
        #expect(try connection.answers().map(\.status) == [200, 400])
        #expect(connection.socket.isOutputClosed)
    }

    @Test func `No more than so many answers are put off at a time`() throws {
        let connection = try later.connection()
        try connection.send(String(repeating: posts("/x"), count: 1_000))
        let begun = later.answers.count
        #expect((2...200).contains(begun))
        later.answers[0].respond(.text("x"))
        connection.settle()
        #expect(later.answers.count == begun + 1)
        var index = 1
        while index < later.answers.count {
            later.answers[index].respond(.text("x"))
            connection.settle()
            index += 1
        }
        #expect(later.answers.count == 1_000)
        #expect(try connection.answers().count == 1_000)
    }

    @Test func `A connection that was asked to close does so behind the last answer`() throws {
        let connection = try later.connection()
        try connection.send(posts("/1") + posts("/2", fields: ["Connection: close"]) + posts("/3"))
        #expect(later.answers.count == 2)
        for answer in later.answers { answer.respond(.text("x")) }
        connection.settle()
        #expect(try connection.answers().map { $0["Connection"] } == [nil, "close"])
        #expect(!connection.isOpen)
    }

    @Test func `A stop waits for the answers, and the last one says that the connection ends`() throws {
        let connection = try later.connection()
        try connection.send(posts("/1", "/2"))
        connection.drain()
        #expect(connection.isOpen)
        for answer in later.answers { answer.respond(.text("x")) }
        connection.settle()
        #expect(try connection.answers().map { $0["Connection"] } == [nil, "close"])
        #expect(connection.socket.isOutputClosed)
    }

    @Test func `An answer to a client that has gone goes nowhere`() throws {
        let connection = try later.connection()
        try connection.send(posts("/1", "/2"))
        connection.disconnect()
        for answer in later.answers { answer.respond(.text("x")) }
        connection.settle()
        #expect(connection.text() == "")
    }

    @Test func `Nobody is closed for being idle while an answer is owed`() throws {
        let connection = try later.connection()
        try connection.send(posts("/1"))
        connection.wait(Limits().idleTimeout + .seconds(1))
        #expect(connection.isOpen)
        later.answers[0].respond(.text("x"))
        connection.settle()
        #expect(connection.isOpen)
        connection.wait(Limits().idleTimeout + .seconds(1))
        #expect(!connection.isOpen)
    }

    @Test func `A stop in the turn in which the answers come loses none of them`() throws {
        let connection = try later.connection()
        try connection.send(posts("/1", "/2"))
        for answer in later.answers { answer.respond(.text("x")) }
        connection.drain()
        connection.settle()
        #expect(try connection.answers().map(\.body) == ["x", "x"])
    }

    @Test func `A client that waits for leave to send gets it behind the answers before it`() throws {
        let connection = try later.connection()
        try connection.send(
            posts("/1") + "POST /2 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
        #expect(connection.text() == "")
        later.answers[0].respond(.text("first"))
        connection.settle()
        let text = connection.text()
        #expect(text.hasPrefix("HTTP/1.1 200 OK"))
        #expect(text.hasSuffix("firstHTTP/1.1 100 Continue\r\n\r\n"))
    }

    // MARK: Clients that close their half

    @Test func `All that a client sent before it closed its half is answered`() throws {
        let connection = try later.connection()
        try connection.send(String(repeating: posts("/x"), count: 200) + Connection.request("/last"))
        connection.closeInput()
        var index = 0
        while index < later.answers.count {
            later.answers[index].respond(.text("x"))
            connection.settle()
            index += 1
        }
        #expect(try connection.answers().count == 201)
        #expect(!connection.isOpen)
    }

    @Test func `A client that has closed its half gets the answers that it is owed`() throws {
        let connection = try later.connection()
        try connection.send(posts("/1", "/2"))
        connection.closeInput()
        #expect(connection.isOpen)
        for answer in later.answers { answer.respond(.text("x")) }
        connection.settle()
        #expect(try connection.answers().map(\.body) == ["x", "x"])
        #expect(!connection.isOpen)
    }

    @Test func `A client that has closed its half and is owed nothing has gone`() throws {
        let connection = try later.connection()
        try connection.get("/a")
        connection.closeInput()
        #expect(!connection.isOpen)
        #expect(try connection.answer().body == "/a")
    }

    @Test func `A client that has closed its half gets an answer that is still on its way, whole`() throws {
        let connection = try later.connection()
        connection.socket.takesWrites = false
        try connection.get("/a")
        connection.closeInput()
        #expect(connection.isOpen)
        connection.socket.takeAll()
        #expect(try connection.answer().body == "/a")
        #expect(!connection.isOpen)
    }

    @Test func `A held request of a client that has closed its half is answered when its time comes`() throws {
        var held: (any Exchange)?
        let delegate = RecordingDelegate()
        let connection = try Connection { _, exchange in
            exchange.delegate = delegate
            held = exchange
        }
        try connection.get("/held")
        connection.closeInput()
        #expect(connection.isOpen)
        #expect(delegate.calls == [.inputClosed])
        held?.respond(.text("x"))
        connection.settle()
        #expect(try connection.answer().body == "x")
        #expect(!connection.isOpen)
    }

    @Test func `A stream of a client that has closed its half goes on, with a heartbeat at once, to its last chunk`()
        throws
    {
        var stream: (any Exchange)?
        let delegate = RecordingDelegate()
        let connection = try Connection { _, exchange in
            exchange.delegate = delegate
            exchange.beginStream(Response(.ok))
            stream = exchange
        }
        try connection.get("/stream")
        connection.closeInput()
        #expect(delegate.calls == [.inputClosed])
        _ = stream?.write(ByteBuffer(string: "a"))
        stream?.end()
        connection.settle()
        #expect(connection.text().hasSuffix("\r\n\r\n1\r\na\r\n0\r\n\r\n"))
        #expect(!connection.isOpen)
    }

    @Test func `A request that was not sent to its end is given up`() throws {
        let connection = try later.connection()
        try connection.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
        connection.closeInput()
        #expect(!connection.isOpen)
        #expect(later.answers.isEmpty)
    }
}
