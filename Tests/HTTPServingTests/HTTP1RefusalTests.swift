import NIOCore
import Testing

@testable import HTTPServing

/// What a connection does with requests that are too large or no HTTP.
@Suite struct HTTP1RefusalTests {
    private static let limits = {
        var limits = Limits()
        limits.headSize = 1_000
        limits.headerCount = 20
        limits.bodySize = 10
        return limits
    }()

    private func connection() throws -> Connection {
        try Connection(limits: Self.limits) { _, exchange in exchange.respond(.text("fine")) }
    }

    struct Case: CustomTestStringConvertible {
        let testDescription: String
        let request: String
        let status: Int
        /// What the detail must name.
        let detail: String

        init(_ description: String, _ request: String, _ status: Int, _ detail: String) {
            self.testDescription = description
            self.request = request
            self.status = status
            self.detail = detail
        }
    }

    private static func head(_ fields: String...) -> String { Connection.request("/", method: "POST", fields) }

    static let cases = [
        Case("a long target", Connection.request("/" + String(repeating: "a", count: 2_000)), 431, "limits.headSize"),
        Case("a long field", head("A: " + String(repeating: "a", count: 2_000)), 431, "limits.headSize"),
        Case("a long field name", head(String(repeating: "a", count: 2_000) + ": a"), 431, "limits.headSize"),
        Case(
            "long fields together",
            Connection.request("/", Array(repeating: "A: " + String(repeating: "a", count: 90), count: 15)),
            431, "limits.headSize"),
        Case("many fields", Connection.request("/", Array(repeating: "A: a", count: 30)), 431, "limits.headerCount"),
        Case("much content", head("Content-Length: 11"), 413, "limits.bodySize"),
        Case(
            "much content in chunks", head("Transfer-Encoding: chunked") + "B\r\n12345678901\r\n", 413,
            "limits.bodySize"),
        Case("much content that waits", head("Content-Length: 11", "Expect: 100-continue"), 413, "limits.bodySize"),
        Case(
            "much content of GET", Connection.request("/", ["Content-Length: 11"]) + "12345678901", 413,
            "limits.bodySize"),
        Case("no HTTP", "nonsense\r\n\r\n", 400, "method, target and version"),
        Case("an unknown method", Connection.request(method: "FLY"), 501, "method"),
        Case("HTTP/3.7", Connection.request(version: "3.7"), 505, "HTTP/1.1"),
        Case("no host", "GET / HTTP/1.1\r\n\r\n", 400, "Host"),
        Case("two hosts", Connection.request("/", ["Host: y"]), 400, "Host"),
        Case("two lengths", head("Content-Length: 1", "Content-Length: 2"), 400, "Content-Length"),
        Case("a length and chunks", head("Content-Length: 1", "Transfer-Encoding: chunked"), 400, "Content-Length"),
        Case("a chunk size that is none", head("Transfer-Encoding: chunked") + "x\r\n", 400, "chunk"),
        Case("NUL in a field", head("A: a\0b"), 400, "control character"),
    ]

    @Test(arguments: cases)
    func `What cannot be taken is refused with a problem that names it, and the connection ends`(testCase: Case) throws
    {
        let connection = try connection()
        try connection.send(testCase.request)
        let answer = try connection.answer()
        #expect(answer.status == testCase.status)
        #expect(answer["Content-Type"] == "application/problem+json")
        #expect(answer["Connection"] == "close")
        #expect(answer.body.contains(testCase.detail), "\(answer.body)")
        #expect(connection.socket.isOutputClosed)
        #expect(connection.responder.requests.isEmpty)
    }

    @Test(arguments: cases)
    func `A refused client may finish sending before the connection closes`(testCase: Case) throws {
        let connection = try connection()
        try connection.send(testCase.request)
        for _ in 0..<3 { try connection.send("more of the same\r\n") }
        #expect(connection.isOpen)
        #expect(try connection.answers().count == 1)
        connection.wait(Self.limits.lingerTimeout)
        #expect(!connection.isOpen)
    }

    @Test func `What comes behind no HTTP does not end the answer under way`() throws {
        let connection = try Connection()
        try connection.send(Connection.request() + "nonsense\r\n\r\n")
        try connection.send("more nonsense\r\n\r\n")
        #expect(connection.isOpen)
        connection.responder.exchanges[0].respond(.text("fine"))
        #expect(try connection.answers().map(\.status) == [200, 400])
    }

    @Test func `Heads and content of exactly the limits are taken`() throws {
        let connection = try connection()
        try connection.send(Self.head("Content-Length: 10") + "1234567890")
        #expect(try connection.answer().status == 200)
    }
}
