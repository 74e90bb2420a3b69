import Testing

@testable import PolluxClient

@Suite struct PublishRetriesTests {
    private var retries = PublishRetries(backoff: .withoutChance)

    private static let busy = ClientError.refused(ServerProblem(status: 503, title: ""))

    @Test("an event with a key is sent again when its fate is unknown")
    mutating func lostWithKey() throws {
        #expect(try retries.failed(.lost("x"), hasKey: true) == .seconds(1))
    }

    @Test("an event without a key is not sent again when its fate is unknown")
    mutating func lostWithoutKey() {
        #expect(throws: ClientError.lost("x")) { try retries.failed(.lost("x"), hasKey: false) }
    }

    @Test("a server that was never reached is not waited for", arguments: [true, false])
    mutating func neverReached(_ hasKey: Bool) {
        let error = ClientError.unreachable("connection refused")
        #expect(throws: error) { try retries.failed(error, hasKey: hasKey) }
    }

    @Test("a server that was reached before is waited for", arguments: [true, false])
    mutating func reachedBefore(_ hasKey: Bool) throws {
        retries.succeeded()
        #expect(try retries.failed(.unreachable("connection refused"), hasKey: hasKey) == .seconds(1))
    }

    @Test("what certainly was not kept is sent again, with or without a key", arguments: [429, 503], [true, false])
    mutating func notKept(_ status: Int, _ hasKey: Bool) throws {
        let problem = ServerProblem(status: status, title: "", retryAfter: 5)
        #expect(try retries.failed(.refused(problem), hasKey: hasKey) == .seconds(5))
    }

    @Test("other refusals are final", arguments: [400, 404, 413, 422, 500, 502])
    mutating func final(_ status: Int) {
        let error = ClientError.refused(ServerProblem(status: status, title: ""))
        #expect(throws: error) { try retries.failed(error, hasKey: true) }
    }

    @Test("a server that wants more than a minute's patience is told to the caller")
    mutating func impatience() {
        let error = ClientError.refused(ServerProblem(status: 503, title: "", retryAfter: 61))
        #expect(throws: error) { try retries.failed(error, hasKey: true) }
    }

    @Test("an event is tried five times, ever more seldom; the next has five attempts again")
    mutating func attempts() throws {
        let delays = try (1...4).map { _ in try retries.failed(Self.busy, hasKey: false) }
        #expect(delays == [1, 2, 4, 8].map { .seconds($0) })
        #expect(throws: Self.busy) { try retries.failed(Self.busy, hasKey: false) }
        retries.succeeded()
        #expect(try retries.failed(Self.busy, hasKey: false) == .seconds(1))
    }
}
