import JSON
import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServing

@Suite struct ProblemTests {
    @Test func `A problem is one line of JSON that names what is wrong`() throws {
        let response = Problem(.badRequest, "Bad \"x\"", detail: "a\nb").response
        #expect(response.status == .badRequest)
        #expect(response.headers.first(name: "Content-Type") == "application/problem+json")
        #expect(response.headers.first(name: "Cache-Control") == "no-store")
        #expect(response.headers.first(name: "X-Content-Type-Options") == "nosniff")
        #expect(!response.headers.contains(name: "Retry-After"))
        let text = String(buffer: try #require(response.body))
        #expect(text == #"{"type":"about:blank","title":"Bad \"x\"","status":400,"detail":"a\nb"}"#)
    }

    @Test func `A limit is told by its key and its number, for clients that can keep to it`() throws {
        let body = try #require(Problem.contentTooLarge("an event", .init("limits.eventSize", most: 10)).response.body)
        #expect(
            String(buffer: body).hasSuffix(
                #""detail":"an event may have at most 10 bytes (limits.eventSize)","limit":"limits.eventSize","most":10}"#
            ))
    }

    @Test func `No line of a problem can be taken for an event`() throws {
        let problem = Problem.badRequest("data: x\ndata: y\r\ndata: z\u{2028}data: u")
        let text = String(buffer: try #require(problem.response.body))
        #expect(text.hasPrefix("{"))
        #expect(!text.utf8.contains(UInt8(ascii: "\n")) && !text.utf8.contains(UInt8(ascii: "\r")))
    }

    @Test func `What may do better later says when`() {
        let response = Problem.unavailable("x", retryAfter: 7).response
        #expect(response.status == .serviceUnavailable)
        #expect(response.headers["Retry-After"] == ["7"])
        #expect(Problem.overCapacity.response.headers.contains(name: "Retry-After"))
    }

    @Test(arguments: [
        (Problem.badRequest("x"), 400), (.notFound("x"), 404), (.contentTooLarge("x", .init("a.b", most: 1)), 413),
        (.unprocessable("x"), 422),
        (.overCapacity, 503),
    ])
    func `Every kind has its status and says the detail`(problem: Problem, status: Int) {
        #expect(problem.status == HTTPResponseStatus(statusCode: status))
        #expect(!problem.title.isEmpty)
    }
}
