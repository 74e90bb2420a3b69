import Testing

@testable import PolluxClient

@Suite struct BackoffTests {
    @Test("each failure in a row doubles the delay, up to half a minute")
    func growth() {
        var backoff = Backoff.withoutChance
        let delays = (1...7).map { _ in backoff.failed() }
        #expect(delays == [1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
    }

    @Test("a success begins anew")
    func success() {
        var backoff = Backoff.withoutChance
        _ = (backoff.failed(), backoff.failed())
        backoff.succeeded()
        #expect(backoff.failed() == .seconds(1))
    }

    @Test("chance adds up to half the delay, and takes nothing away")
    func chance() {
        var backoff = Backoff { 1 }
        #expect(backoff.failed() == .milliseconds(1_500))
        for _ in 0..<100 {
            var backoff = Backoff()
            #expect((.seconds(1) ... .milliseconds(1_500)).contains(backoff.failed()))
        }
    }

    @Test("the server's reconnection time is where it begins")
    func reconnectionTime() {
        var backoff = Backoff.withoutChance
        backoff.setReconnectionTime(milliseconds: 3_000)
        #expect((1...6).map { _ in backoff.failed() } == [3, 6, 12, 24, 30, 30].map { .seconds($0) })
    }

    @Test("a reconnection time beyond half a minute is kept to")
    func longReconnectionTime() {
        var backoff = Backoff.withoutChance
        backoff.setReconnectionTime(milliseconds: 60_000)
        #expect((1...2).map { _ in backoff.failed() } == [.seconds(60), .seconds(60)])
    }

    @Test("a server's demand is the least that is waited")
    func retryAfter() {
        var backoff = Backoff.withoutChance
        #expect(backoff.failed(retryAfter: 7) == .seconds(7))
        #expect(backoff.failed(retryAfter: 0) == .seconds(2))
    }

    @Test("no server can make it wait for more than an hour, or overflow")
    func absurdTimes() {
        var backoff = Backoff.withoutChance
        backoff.setReconnectionTime(milliseconds: .max)
        #expect((1...70).map { _ in backoff.failed() }.allSatisfy { $0 == .seconds(3_600) })
    }

    @Test("no server can make it come back without a pause")
    func noReconnectionTime() {
        var backoff = Backoff.withoutChance
        backoff.setReconnectionTime(milliseconds: 0)
        #expect((1...3).map { _ in backoff.failed() } == [100, 200, 400].map { .milliseconds($0) })
    }
}

extension Backoff {
    /// Adds nothing to the delays.
    static let withoutChance = Backoff { 0 }
}
