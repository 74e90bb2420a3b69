import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServing

/// One request and its answer, on a connection.
@Suite struct HTTP1AnswerTests {
    private func connection(cors: CORS = CORS()) throws -> Connection {
        try Connection(cors: cors) { request, exchange in
            exchange.respond(.text("\(request.method) \(request.pathText) \(String(buffer: request.body))"))
        }
    }

    @Test func `A request is answered with a status line, the fields every answer has, and the content`() throws {
        let connection = try connection()
        try connection.get("/a")
        let answer = try connection.answer()
        #expect((answer.status, answer.reason, answer.body) == (200, "OK", "GET /a "))
        #expect(answer["Content-Length"] == "7")
        #expect(answer["Content-Type"] == "text/plain; charset=utf-8")
        #expect(answer["Server"] == "pollux")
        #expect(answer["Date"]?.hasSuffix(" GMT") == true)
        #expect(answer["Access-Control-Allow-Origin"] == "*")
        #expect(!answer.has("Connection"))
        #expect(connection.isOpen)
    }

    @Test func `The next request on a connection is answered too`() throws {
        let connection = try connection()
        for path in ["/a", "/b", "/c"] {
            try connection.get(path)
            #expect(try connection.answer().body == "GET \(path) ")
        }
    }

    @Test func `A request that comes byte by byte is answered once it is whole`() throws {
        let connection = try connection()
        let request = Connection.request("/a", method: "POST", ["Content-Length: 3"]) + "abc"
        for byte in request.utf8.dropLast() { try connection.send(String(UnicodeScalar(byte))) }
        #expect(connection.text().isEmpty)
        try connection.send("c")
        #expect(try connection.answer().body == "POST /a abc")
    }

    @Test func `Content in chunks is put together`() throws {
        let connection = try connection()
        try connection.get("/", method: "POST", "Transfer-Encoding: chunked")
        try connection.send("3\r\nabc\r\n")
        try connection.send("2\r\nde\r\n0\r\n\r\n")
        #expect(try connection.answer().body == "POST / abcde")
    }

    @Test(arguments: [
        ("1.0", "X: x", nil, true), ("1.0", "Connection: keep-alive", "keep-alive", false), ("1.1", "X: x", nil, false),
        ("1.1", "Connection: close", "close", true),
    ])
    func `The connection ends behind the answer where the client's version or wish is so`(
        version: String, field: String, connectionField: String?, ends: Bool
    ) throws {
        let connection = try connection()
        try connection.get("/", version: version, field)
        #expect(try connection.answer()["Connection"] == connectionField)
        #expect(connection.isOpen == !ends)
    }

    @Test func `A client that sends something behind its last request is let finish, and gets its answer`() throws {
        let connection = try connection()
        try connection.send(Connection.request("/", ["Connection: close"]) + "\r\n")
        #expect(try connection.answer().body == "GET / ")
        #expect(connection.isOpen && connection.socket.isOutputClosed)
    }

    @Test func `A client that takes the answer to its last request slowly gets all of it`() throws {
        let connection = try connection()
        connection.socket.takesWrites = false
        try connection.get("/", "Connection: close")
        #expect(connection.isOpen)
        connection.socket.takeAll()
        #expect(try connection.answer().body == "GET / ")
        #expect(connection.isOpen && connection.socket.isOutputClosed)
    }

    @Test(arguments: [("CONNECT", "a:443"), ("GET", "/")])
    func `A client that wants to speak something else is let finish`(method: String, target: String) throws {
        let connection = try connection()
        try connection.get(target, method: method, "Connection: upgrade", "Upgrade: other")
        #expect(connection.isOpen && connection.socket.isOutputClosed)
    }

    @Test func `HEAD is answered with the head that GET would have, and nothing behind it`() throws {
        let connection = try connection()
        try connection.get("/", method: "HEAD")
        try connection.get("/", method: "HEAD")
        let answers = try connection.answers(toHead: true)
        #expect(answers.map(\.["Content-Length"]) == ["7", "7"])
    }

    @Test func `An answer without content has no length`() throws {
        let connection = try Connection { _, exchange in exchange.respond(Response(.noContent)) }
        try connection.get()
        try connection.get()
        let answers = try connection.answers()
        #expect(answers.map(\.status) == [204, 204])
        #expect(answers.allSatisfy { !$0.has("Content-Length") && !$0.has("Transfer-Encoding") })
    }

    @Test func `Whoever asks first whether to send content is told to go on`() throws {
        let connection = try connection()
        try connection.get("/", method: "POST", "Content-Length: 3", "Expect: 100-continue")
        #expect(connection.text() == "HTTP/1.1 100 Continue\r\n\r\n")
        try connection.send("abc")
        #expect(try connection.answer().body == "POST / abc")
    }

    @Test func `The answer's CORS fields are for the origin that asked`() throws {
        let connection = try connection(cors: CORS(allowed: ["https://a.example"]))
        try connection.get("/", "Origin: https://a.example")
        #expect(try connection.answer()["Access-Control-Allow-Origin"] == "https://a.example")
        try connection.get("/", "Origin: https://b.example")
        #expect(try !connection.answer().has("Access-Control-Allow-Origin"))
    }

    @Test func `The same answer to many is put into bytes once`() throws {
        let shared = SharedResponse(.text("x"))
        // Stands for what another connection of the same loop has sent.
        let kept = ByteBuffer(string: "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nkept")
        let connection = try Connection { _, exchange in
            guard let loop = (exchange as? HTTP1Connection)?.loop else { return }
            _ = shared.bytes(date: loop.commonFields().date, transportSecurity: loop.transportSecurity) { kept }
            exchange.respond(shared)
        }
        try connection.get()
        #expect(try connection.answer().body == "kept")
    }

    @Test func `The same answer to many is put into bytes again when the fields of every answer are others`() {
        let shared = SharedResponse(.text("x"))
        func bytes(date: String, transportSecurity: String?) -> String {
            String(
                buffer: shared.bytes(date: date, transportSecurity: transportSecurity) {
                    ByteBuffer(string: date + (transportSecurity ?? ""))
                })
        }
        #expect(bytes(date: "a", transportSecurity: nil) == "a")
        #expect(bytes(date: "b", transportSecurity: nil) == "b")
        #expect(bytes(date: "b", transportSecurity: "c") == "bc")
        #expect(String(buffer: shared.bytes(date: "b", transportSecurity: "c") { ByteBuffer() }) == "bc")
    }

    @Test func `The same answer to many has its own head where the request asks for another`() throws {
        let shared = SharedResponse(.text("x"))
        let connection = try Connection(cors: CORS(allowed: ["https://a.example"])) { _, exchange in
            exchange.respond(shared)
        }
        try connection.get()
        #expect(try !connection.answer().has("Access-Control-Allow-Origin"))
        try connection.get("/", "Origin: https://a.example")
        #expect(try connection.answer()["Access-Control-Allow-Origin"] == "https://a.example")
        try connection.get("/", method: "HEAD")
        #expect(try connection.answer(toHead: true)["Content-Length"] == "1")
    }

    @Test func `A second answer to one request is not written`() throws {
        let connection = try Connection { _, exchange in
            exchange.respond(.text("one"))
            exchange.respond(.text("two"))
        }
        try connection.get()
        #expect(try connection.answer().body == "one")
    }

    @Test func `A connection beyond the limit gets one answer, and the responder knows`() throws {
        let connection = try Connection(peer: Peer(admission: .refused)) { request, exchange in
            exchange.respond(.text("\(request.peer.isRefused)"))
        }
        try connection.send(Connection.request() + Connection.request())
        let answer = try connection.answer()
        #expect(answer.body == "true")
        #expect(answer["Connection"] == "close")
        #expect(connection.socket.isOutputClosed)
    }
}
