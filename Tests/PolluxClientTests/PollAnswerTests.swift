import NIOCore
import NIOHTTP1
import Testing

@testable import PolluxClient

@Suite struct PollAnswerTests {
    @Test("an answer holds events, the next cursor and perhaps a gap")
    func answer() throws {
        let event = #"{"id":"e-1","channel":"c","event":"price","data":"a\u0000b","time":1795343187123}"#
        let gap = #"{"reason":"epoch","after":"x-9","resumedAt":"e-1"}"#
        let answer = try PollAnswer(
            parsing: ByteBuffer(string: #"{"events":[\#(event)],"next":"e-1","gap":\#(gap)}"#))
        #expect(answer.events == [FollowedEvent(id: "e-1", channel: "c", type: "price", data: "a\0b")])
        #expect(answer.next == "e-1")
        #expect(answer.gap == Gap(reason: "epoch", after: "x-9", resumedAt: "e-1"))
    }

    @Test("a gap of null is none")
    func noGap() throws {
        let answer = try PollAnswer(parsing: ByteBuffer(string: #"{"events":[],"next":"e-1","gap":null}"#))
        #expect(answer == PollAnswer(events: [], next: "e-1"))
    }

    @Test(
        "other content is no Pollux server's",
        arguments: [
            "", "no JSON", "[]", "{}", #"{"events":[]}"#, #"{"events":{},"next":"e-1"}"#, #"{"events":[],"next":1}"#,
            #"{"events":[{}],"next":"e-1"}"#, #"{"events":[],"next":"e-1","gap":{}}"#,
            #"{"events":[{"id":"e-1","channel":"c","event":"e","data":1}],"next":"e-1"}"#,
        ])
    func unreadable(_ content: String) {
        #expect(throws: ClientError.self) { try PollAnswer(parsing: ByteBuffer(string: content)) }
    }
}

@Suite struct ServerProblemTests {
    private func problem(_ status: HTTPResponseStatus, _ headers: HTTPHeaders, _ content: String) -> ServerProblem {
        ServerProblem(
            HTTPResponseHead(version: .http1_1, status: status, headers: headers), content: ByteBuffer(string: content))
    }

    @Test("a problem has the server's own words")
    func words() {
        let problem = problem(.badRequest, ["Retry-After": "7"], #"{"title":"Bad request","detail":"since=x: no"}"#)
        #expect(problem == ServerProblem(status: 400, title: "Bad request", detail: "since=x: no", retryAfter: 7))
        #expect("\(problem)" == "Bad request (400): since=x: no")
    }

    @Test("an answer that is no problem+json is told by its status", arguments: ["", "<html>", "[]", #"{"title":1}"#])
    func otherContent(_ content: String) {
        #expect("\(problem(.badGateway, [:], content))" == "Bad Gateway (502)")
    }

    @Test(
        "only a number of seconds is a time to retry", arguments: ["-1", "soon", "Fri, 31 Dec 1999 23:59:59 GMT", ""])
    func retryAfter(_ value: String) {
        #expect(problem(.serviceUnavailable, ["Retry-After": value], "").retryAfter == nil)
    }
}
