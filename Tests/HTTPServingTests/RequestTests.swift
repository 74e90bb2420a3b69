import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServing

@Suite struct RequestTests {
    private func request(_ target: String = "/", _ fields: HTTPHeaders = [:]) -> Request {
        Request(.parsed(.GET, target: target, fields))
    }

    @Test(arguments: [
        ("/", "/", ""), ("/a/b", "/a/b", ""), ("/a?b=c", "/a", "b=c"), ("/a?", "/a", ""), ("/?a?b", "/", "a?b"),
        ("/a%3Fb?c", "/a%3Fb", "c"), ("*", "*", ""), ("http://x/a?b", "/a", "b"), ("http://x", "/", ""),
        ("http://x/", "/", ""), ("http://x?b", "/", "b"), ("http://x:80/a", "/a", ""),
        ("HTTPS://u@x/a/http://y", "/a/http://y", ""), ("/a?u=http://x/y", "/a", "u=http://x/y"),
        ("//x/a", "//x/a", ""),
        ("a://", "/", ""),
    ])
    func `Path and query are found in targets of every form`(target: String, path: String, query: String) {
        let request = request(target)
        #expect(request.path == Array(path.utf8))
        #expect(request.pathText == path)
        #expect(request.query == Array(query.utf8))
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

    @Test(arguments: [
        ("text/event-stream", 0), ("application/json", 1), ("application/json, text/event-stream", 0),
        ("TEXT/Event-Stream", 0), ("text/html, application/json;q=0.9", 1), ("*/*", nil), ("text/html", nil), ("", nil),
        ("text/event-strea", nil),
    ])
    func `The first type that is accepted is found in whatever case`(field: String, index: Int?) {
        let request = request("/", ["Accept": field])
        #expect(request.firstAccepted(of: ["text/event-stream", "application/json"]) == index)
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
        #expect(request().firstAccepted(of: ["text/event-stream"]) == nil)
    }
}
