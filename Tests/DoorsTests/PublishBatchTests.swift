import Channels
import HTTPServing
import NIOCore
import NIOHTTP1
import Testing

@testable import Doors

/// Many events in one POST.
@Suite struct PublishBatchTests {
    private func read(_ body: String, type: String = "application/x-ndjson", query: String = "") throws
        -> PublishRequest
    {
        var limits = TransportConfiguration()
        limits.eventSize = 100
        limits.batchSize = 300
        return try PublishRequest(
            request("/channels/a?" + query, method: .POST, ["Content-Type": type], body: Array(body.utf8)),
            channel: try ChannelName("a"), limits: limits)
    }

    @Test(arguments: [
        (#"{"data":1}"#, ["|1"]), ("{\"data\":1}\n{\"data\":2}", ["|1", "|2"]),
        ("{\"data\":1}\r\n\r\n \t\n{\"data\":2}\n\n", ["|1", "|2"]),
        (#"{"event":"x","data":{"a" : [1, 2]}}"#, [#"x|{"a":[1,2]}"#]), (#"{"data":"a\nb"}"#, [#"|"a\nb""#]),
        (#"{"data":null,"event":"message"}"#, ["|null"]), (#"{"d\u0061ta":1.10,"event":""}"#, ["|1.10"]),
        (#"{"event":"pr\u00e9","data":0}"#, ["pré|0"]), (#"{"data":"{\"data\":1}"}"#, [#"|"{\"data\":1}""#]),
        (#"{"data":{"t":"\ud83d"}}"#, [#"|{"t":"\ud83d"}"#]), ("\u{FEFF}{\"data\":1}\n{\"data\":2}", ["|1", "|2"]),
    ])
    func `Every line is an event, its data the JSON itself`(body: String, events: [String]) throws {
        let request = try read(body)
        #expect(request.isBatch)
        let drafts = request.publication.drafts.map { draft in
            "\(String(decoding: draft.type, as: UTF8.self))|\(String(decoding: draft.data, as: UTF8.self))"
        }
        #expect(drafts == events)
    }

    @Test func `The type in the query is not for batches`() throws {
        #expect(try read(#"{"data":1}"#, query: "event=x").publication.drafts[0].type.isEmpty)
    }

    @Test(arguments: [
        ("", HTTPResponseStatus.unprocessableEntity, "line"), ("\n \r\n", .unprocessableEntity, "line"),
        ("{\"data\":1}\n1", .unprocessableEntity, "line 2"), ("{\"data\":1}\n\n[]", .unprocessableEntity, "line 3"),
        (#"{"event":"x"}"#, .unprocessableEntity, "data"), (#"{"data":1,"id":2}"#, .unprocessableEntity, "id"),
        (#"{"data":1,"event":null}"#, .unprocessableEntity, "event"),
        (#"{"data":1,"event":2}"#, .unprocessableEntity, "event"),
        (#"{"data":1,"event":"\ud83d"}"#, .unprocessableEntity, "event"),
        (#"{"data":1,"event\ud83d":"x"}"#, .unprocessableEntity, "not known"),
        (#"{"data":1,"event":"pollux.x"}"#, .unprocessableEntity, "line 1"),
        (#"{"data":1,"event":"a\nb"}"#, .unprocessableEntity, "control"),
        ("{\"data\":1}\n{\"data\":1,}", .badRequest, "line 2, column"),
        (#"{"data":1} {"data":2}"#, .badRequest, "line 1"),
        (#"{"data":1,"data":2}"#, .badRequest, "line 1"), ("nonsense", .badRequest, "line 1"),
        (#"{"data":"\#(String(repeating: "x", count: 100))"}"#, .payloadTooLarge, "limits.eventSize"),
        (String(repeating: "{\"data\":1}\n", count: 28), .payloadTooLarge, "limits.batchSize"),
    ])
    func `A batch with anything wrong is refused as a whole, and the line named`(
        body: String, status: HTTPResponseStatus, detail: String
    ) {
        #expect {
            try read(body)
        } throws: { error in
            let problem = error as? Problem
            return problem?.status == status && problem?.detail.contains(detail) == true
        }
    }

    @Test func `A batch in another charset is refused`() {
        #expect(throws: Problem.self) { try read("{\"data\":1}", type: "application/x-ndjson; charset=utf-16") }
    }
}
