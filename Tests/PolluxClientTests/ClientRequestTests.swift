import NIOCore
import NIOHTTP1
import Testing

@testable import PolluxClient

@Suite struct ClientRequestTests {
    @Test("a channel's name is one segment of the path, whatever its bytes")
    func channelName() {
        let request = ClientRequest.publish(OutgoingEvent(data: [], type: "a&b"), to: "a/b ?é")
        #expect(request.target == "/channels/a%2Fb%20%3F%C3%A9?event=a%26b")
    }

    @Test("an event is published as text, or as JSON, with its key")
    func content() {
        let text = ClientRequest.publish(OutgoingEvent(data: Array("x".utf8)), to: "c")
        #expect(text.target == "/channels/c")
        #expect(text.headers["Content-Type"] == ["text/plain; charset=utf-8"])
        #expect(text.headers["Idempotency-Key"] == [])
        let json = ClientRequest.publish(OutgoingEvent(data: Array("1".utf8), key: "k", isJSON: true), to: "c")
        #expect(json.headers["Content-Type"] == ["application/json"])
        #expect(json.headers["Idempotency-Key"] == ["k"])
    }

    @Test("a head names the server and lies below its prefix")
    func head() throws {
        let request = ClientRequest(method: .POST, target: "/channels/c", body: ByteBuffer(string: "data"))
        let head = request.head(for: try ServerURL(parsing: "http://[::1]:81/push"))
        #expect(head.uri == "/push/channels/c")
        #expect(head.headers["Host"] == ["[::1]:81"])
        #expect(head.headers["Content-Length"] == ["4"])
    }

    @Test(
        "a follower says where it is",
        arguments: [
            (Follower.Start.now, "since=now"), (.earliest, "since=earliest"), (.last(3), "since=-3"),
            (.after("8k-1"), "after=8k-1"), (.after("é&\r\n"), "after=%C3%A9%26%0D%0A"),
        ])
    func place(_ start: Follower.Start, _ parameter: String) {
        #expect(ClientRequest.stream(["c"], from: start, session: "s").target.hasSuffix("&" + parameter))
        #expect(ClientRequest.poll(["c"], from: start, session: "s").target.hasSuffix("&" + parameter))
    }

    @Test("a stream asks for an envelope, heartbeats and the id that it begins with")
    func stream() {
        let request = ClientRequest.stream(["a/b", "c"], from: .now, session: "s")
        #expect(
            request.target
                == "/events?channel=a%2Fb&channel=c&transport=sse&envelope=json&open=id&heartbeat=15&session=s&since=now"
        )
        #expect(request.headers["Accept"] == ["text/event-stream"])
    }

    @Test("a poll is held only if it has a cursor, so that it soon has one")
    func poll() {
        #expect(
            ClientRequest.poll(["c"], from: .now, session: "s").target
                == "/events?channel=c&transport=poll&wait=0&session=s&since=now")
        #expect(
            ClientRequest.poll(["c"], from: .after("1"), session: "s").target
                == "/events?channel=c&transport=poll&wait=25&session=s&after=1")
    }
}
