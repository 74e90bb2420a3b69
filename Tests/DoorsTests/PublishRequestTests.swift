import Channels
import HTTPServing
import NIOCore
import NIOHTTP1
import Testing

@testable import Doors

/// The event that a POST asks for.
@Suite struct PublishRequestTests {
    private func read(
        _ type: String?, _ body: [UInt8], query: String = "", _ fields: HTTPHeaders = [:]
    ) throws -> PublishRequest {
        var limits = TransportConfiguration()
        limits.eventSize = 100
        limits.batchSize = 300
        var fields = fields
        if let type { fields.add(name: "Content-Type", value: type) }
        return try PublishRequest(
            request("/channels/a?" + query, method: .POST, fields, body: body), channel: try ChannelName("a"),
            limits: limits)
    }

    private func drafts(_ type: String?, _ body: String, query: String = "") throws -> [String] {
        try read(type, Array(body.utf8), query: query).publication.drafts.map { draft in
            "\(String(decoding: draft.type, as: UTF8.self))|\(String(decoding: draft.data, as: UTF8.self))"
        }
    }

    struct Case: CustomTestStringConvertible {
        let type: String?
        let body: String
        let query: String
        let event: String

        init(_ type: String?, _ body: String, query: String = "", _ event: String) {
            self.type = type
            self.body = body
            self.query = query
            self.event = event
        }

        var testDescription: String { "\(self.type ?? "-") \(self.body) ?\(self.query)" }
    }

    private static let form = "application/x-www-form-urlencoded"

    @Test(arguments: [
        Case("application/json", #" {"a" : 1.10, "b": "\u00e9 " } "#, #"|{"a":1.10,"b":"\u00e9 "}"#),
        Case("Application/JSON; charset=UTF-8", "1E+2", "|1E+2"), Case("application/json", #""a""#, #"|"a""#),
        Case("application/json", "null", query: "event=x", "x|null"),
        Case("text/plain", "a b", "|a b"), Case("text/plain", "", "|"), Case("text/plain; charset=us-ascii", "a", "|a"),
        Case("text/plain;charset=\"UTF-8\"", "é", "|é"), Case("text/plain", "a\r\nb\rc\n", "|a\nb\nc\n"),
        Case("text/plain", #"{"a":"#, #"|{"a":"#), Case("text/plain", "a", query: "event=pr%C3%A9+x", "pré x|a"),
        Case("text/plain", "a", query: "x=%&Event=price", "price|a"), Case(form, "DATA=a&Event=b&x=%", "b|a"),
        Case("text/plain", "a", query: "event=message", "|a"), Case("text/plain", "a", query: "event=", "|a"),
        Case("text/plain", "a", query: "x=1&event=y&event=z", "y|a"),
        Case(nil, "a", "|a"), Case("", "a", query: "event=x", "x|a"),
        Case(form, "data=a+b%0D%0Ac", "|a b\nc"), Case(form, "event=x&data=a", "x|a"), Case(form, "data=", "|"),
        Case(form, "data", "|"), Case(form, "data=a&other=b", "|a"), Case(form, "data=a", query: "event=x", "x|a"),
        Case(form, "event=y&data=a", query: "event=x", "y|a"), Case(form, "event=&data=a", query: "event=x", "|a"),
    ])
    func `The content becomes an event by its type`(testCase: Case) throws {
        #expect(try drafts(testCase.type, testCase.body, query: testCase.query) == [testCase.event])
    }

    struct Refusal: CustomTestStringConvertible {
        let type: String?
        let body: [UInt8]
        let query: String
        let status: HTTPResponseStatus
        let detail: String

        init(
            _ type: String?, _ body: String, query: String = "", _ status: HTTPResponseStatus, _ detail: String
        ) {
            self.init(type, bytes: Array(body.utf8), query: query, status, detail)
        }

        init(
            _ type: String?, bytes: [UInt8], query: String = "", _ status: HTTPResponseStatus, _ detail: String
        ) {
            self.type = type
            self.body = bytes
            self.query = query
            self.status = status
            self.detail = detail
        }

        var testDescription: String {
            "\(self.type ?? "-") \(String(decoding: self.body, as: UTF8.self)) ?\(self.query)"
        }
    }

    private static let long = String(repeating: "x", count: 101)

    @Test(arguments: [
        Refusal("application/json", "{", .badRequest, "line 1"), Refusal("application/json", "", .badRequest, "JSON"),
        Refusal("application/json", "{\n\n \"a\" 1}", .badRequest, "line 3"),
        Refusal("application/json", #"{"a":1,"\u0061":2}"#, .badRequest, "JSON"),
        Refusal(
            "application/json", String(repeating: "[", count: 65) + String(repeating: "]", count: 65), .badRequest, "64"
        ),
        Refusal("application/json", bytes: [0x22, 0xFF, 0x22], .unprocessableEntity, "UTF-8"),
        Refusal("application/json; charset=latin1", "1", .unsupportedMediaType, "charset=latin1"),
        Refusal("text/plain; charset=utf-16", "a", .unsupportedMediaType, "charset=utf-16"),
        Refusal("text/plain", bytes: [0xC3], .unprocessableEntity, "UTF-8"),
        Refusal("text/html", "a", .unsupportedMediaType, "text/html"),
        Refusal("\(form); charset=latin1", "data=a", .unsupportedMediaType, "charset=latin1"),
        Refusal("multipart/form-data; boundary=x", "a", .unsupportedMediaType, "multipart/form-data"),
        Refusal(nil, "", .unprocessableEntity, "Content-Type"),
        Refusal(nil, bytes: [0xFF], .unprocessableEntity, "UTF-8"),
        Refusal(form, "", .unprocessableEntity, "data"), Refusal(form, "data=a&data=b", .unprocessableEntity, "data"),
        Refusal(form, "dat=a", .unprocessableEntity, "data"), Refusal(form, "data=%", .unprocessableEntity, "%"),
        Refusal(form, "event=a&event=b&data=c", .unprocessableEntity, "event"),
        Refusal(form, "data=%FF", .unprocessableEntity, "UTF-8"),
        Refusal("text/plain", "a", query: "event=a%0Ab", .unprocessableEntity, "control"),
        Refusal("text/plain", "a", query: "event=%FF", .unprocessableEntity, "UTF-8"),
        Refusal("text/plain", "a", query: "event=pollux.x", .unprocessableEntity, "pollux."),
        Refusal(form, "event=pollux.x&data=a", .unprocessableEntity, "pollux."),
        Refusal("text/plain", "a", query: "event=" + String(repeating: "x", count: 129), .unprocessableEntity, "128"),
        Refusal("text/plain", "a", query: "Event=%", .badRequest, "Event"),
        Refusal("text/plain", long, .payloadTooLarge, "limits.eventSize"),
        Refusal(
            "text/plain", String(repeating: "x", count: 98), query: "event=abc", .payloadTooLarge, "limits.eventSize"),
    ])
    func `What is no event is refused, and named`(refusal: Refusal) {
        #expect {
            try read(refusal.type, refusal.body, query: refusal.query)
        } throws: { error in
            let problem = error as? Problem
            return problem?.status == refusal.status && problem?.detail.contains(refusal.detail) == true
        }
    }

    @Test func `An event of exactly the limit is taken`() throws {
        #expect(try drafts("text/plain", String(repeating: "x", count: 97), query: "event=abc").count == 1)
    }

    // MARK: Keys

    @Test(arguments: ["a", "a b", String(repeating: "k", count: 128)])
    func `A key is taken as it is`(key: String) throws {
        #expect(try read("text/plain", [], ["idempotency-key": key]).publication.key?.text == key)
    }

    @Test func `Without the field there is no key`() throws {
        #expect(try read("text/plain", []).publication.key == nil)
    }

    @Test(arguments: [[""], [String(repeating: "k", count: 129)], ["é"], ["a\tb"], ["a", "b"]])
    func `A key that is none is refused`(keys: [String]) {
        let fields = HTTPHeaders(keys.map { ("Idempotency-Key", $0) })
        #expect {
            try read("text/plain", [], fields)
        } throws: { error in
            let problem = error as? Problem
            return problem?.status == .unprocessableEntity && problem?.detail.contains("Idempotency-Key") == true
        }
    }
}
