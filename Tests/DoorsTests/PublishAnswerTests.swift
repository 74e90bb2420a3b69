import Channels
import HTTPServing
import NIOCore
import NIOHTTP1
import Testing

@testable import Doors

@Suite struct PublishAnswerTests {
    private let epoch = Epoch(Array("e".utf8)[...])!
    private let receipt = Receipt(first: Position(rawValue: 7), count: 3, time: 1_795_343_187_123)

    private func answer(
        _ result: Result<PublishOutcome, LedgerError>, type: String = "text/plain", body: String = "x"
    ) throws -> Response {
        let request = request("/", method: .POST, ["Content-Type": type], body: Array(body.utf8))
        let publish = try PublishRequest(request, channel: try ChannelName("a\"b"), limits: TransportConfiguration())
        return PublishAnswer.response(result, to: publish, in: Lineage(epoch))
    }

    private func text(_ response: Response) -> String { response.body.map { String(buffer: $0) } ?? "" }

    @Test func `A publisher is told the id, the channel and the time`() throws {
        let one = Receipt(first: Position(rawValue: 7), count: 1, time: 1_795_343_187_123)
        let answer = try answer(.success(.appended(one)))
        #expect(answer.status == .created)
        #expect(answer.headers["Content-Type"] == ["application/json"])
        #expect(answer.headers["Cache-Control"] == ["no-store"])
        #expect(answer.headers["Last-Event-ID"] == ["e-7"])
        #expect(text(answer) == #"{"id":"e-7","channel":"a\"b","time":1795343187123}"#)
    }

    @Test func `The publisher of a batch is told all ids`() throws {
        let answer = try answer(.success(.appended(receipt)), type: "application/x-ndjson", body: "{\"data\":1}")
        #expect(answer.status == .created)
        #expect(answer.headers["Last-Event-ID"] == ["e-9"])
        #expect(text(answer) == #"{"ids":["e-7","e-8","e-9"]}"#)
    }

    @Test func `A repeat is answered like the first time, and told so`() throws {
        let answer = try answer(.success(.replayed(receipt)))
        #expect(answer.status == .ok)
        #expect(answer.headers["Idempotency-Replayed"] == ["true"])
        #expect(answer.headers["Last-Event-ID"] == ["e-9"])
    }

    @Test(arguments: [
        (
            Result<PublishOutcome, LedgerError>.success(.keyConflict), HTTPResponseStatus.unprocessableEntity,
            [String](), "Idempotency-Key"
        ),
        (.failure(LedgerError(.full, "disk full")), .serviceUnavailable, ["2"], "disk full"),
        (.failure(.tooManyKeys(limit: 5)), .tooManyRequests, ["60"], "5"),
    ])
    func `What was not published is told why, and when to try again`(
        result: Result<PublishOutcome, LedgerError>, status: HTTPResponseStatus, retryAfter: [String], detail: String
    ) throws {
        let answer = try answer(result)
        #expect(answer.status == status)
        #expect(answer.headers["Retry-After"] == retryAfter)
        #expect(answer.headers["Content-Type"] == ["application/problem+json"])
        #expect(text(answer).contains(detail))
    }
}
