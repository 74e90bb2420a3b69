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
            HTTPResponseHead(version: .http1_1, status: status, headers: headers), content: ByteBuffer(string: content),
            now: 946_684_799 - 60)
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
        "what is neither a number of seconds nor a date is no time to retry",
        arguments: ["-1", "+1", "soon", "1.5", "", "Fri, 31 Dec 1999", "31 Dec 1999 23:59:59 GMT"])
    func noRetryAfter(_ value: String) {
        #expect(problem(.serviceUnavailable, ["Retry-After": value], "").retryAfter == nil)
    }

    @Test(
        "a number of seconds or a date is a time to retry, at most an hour",
        arguments: [
            ("0", 0), ("7", 7), ("3600", 3_600), ("3601", 3_600), ("3000000", 3_600),
            ("99999999999999999999999999", 3_600), ("Fri, 31 Dec 1999 23:59:59 GMT", 60),
            ("Fri, 31 Dec 1999 23:58:58 GMT", 0), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 3_600),
        ])
    func retryAfter(_ value: String, _ seconds: Int) {
        #expect(problem(.serviceUnavailable, ["Retry-After": value], "").retryAfter == seconds)
    }
}
