import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServing

@Suite struct RequestTests {
    private func request(_ target: String = "/", _ fields: HTTPHeaders = [:]) -> Request {
        Request(.parsed(.GET, target: target, fields))
    }

    @Test func `An empty field counts as absent`() {
        #expect(request("/", ["A": ""]).header("a") == nil)
        #expect(request("/", ["A": "x"]).header("a") == "x")
        #expect(request().header("a") == nil)
    }

    @Test(arguments: [
        ("text/plain", "text/plain", nil), ("Text/Plain; charset=UTF-8", "text/plain", "utf-8"),
        ("text/plain;charset=\"utf-8\"", "text/plain", "utf-8"), ("text/plain ; a=b ; Charset = x", "text/plain", "x"),
        ("text/plain; charset", "text/plain", nil), ("text/plain; xcharset=a", "text/plain", nil),
        ("text/plain; charset=a=b", "text/plain", "a=b"),
    ])
    func `Type and charset are found in Content-Type`(field: String, type: String, charset: String?) {
        let request = request("/", ["Content-Type": field])
        #expect(request.contentType?.mediaType == type)
        #expect(request.contentType?.charset == charset)
    }

    @Test func `Without Content-Type there is neither type nor charset`() {
        #expect(request().contentType?.mediaType == nil)
        #expect(request().contentType?.charset == nil)
        #expect(request("/", ["Content-Type": ""]).contentType?.mediaType == nil)
    }

    @Test func `All fields of a name are found, in whatever case`() {
        let request = request("/", HTTPHeaders([("A", "1"), ("B", "2"), ("a", "3"), ("aa", "4")]))
        #expect(request.values(of: "A") == ["1", "3"])
        #expect(request.headers == HTTPHeaders([("Host", "x"), ("A", "1"), ("B", "2"), ("a", "3"), ("aa", "4")]))
    }

    @Test func `An empty last event ID counts as none`() {
        #expect(request("/", ["Last-Event-ID": ""]).lastEventID == nil)
        #expect(request("/", ["Last-Event-ID": "é"]).lastEventID == Array("é".utf8))
        #expect(request().lastEventID == nil)
    }

    @Test func `Without Accept no type is named`() {
        #expect(request().preferred(of: ["text/event-stream"]) == nil)
    }

    @Test func `Accept is all its lines`() {
        let request = request("/", HTTPHeaders([("Accept", "text/html"), ("accept", "text/event-stream")]))
        #expect(request.preferred(of: ["text/event-stream", "application/json"]) == 0)
    }

    @Test(arguments: [
        ([], nil), (["identity"], nil), ([""], nil), (["gzip"], "gzip"), (["Identity, br"], "br"),
        (["identity", "gzip"], "gzip"),
    ])
    func `A coding that changes the content is found in any line`(lines: [String], coding: String?) {
        let fields = HTTPHeaders(lines.map { ("Content-Encoding", $0) })
        #expect(request("/", fields).contentEncoding == coding)
    }
}
