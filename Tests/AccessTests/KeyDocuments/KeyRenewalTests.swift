import Testing

@testable import Access

@Suite struct KeyRenewalTests {
    private static let start = ContinuousClock.now

    /// What is known and what goes on; a minute has passed since the last request, and it is an hour until the next one.
    enum State: String, CaseIterable {
        case new, firstRequest, fresh, renewing, justRenewed, due, down, downAsking, downWithoutKeys,
            downWithoutKeysAsking, tooOld
    }

    enum Event: String, CaseIterable {
        case tick, seek, seekKnownMissing, succeed, fail
    }

    /// A state, and the time at which it is looked at.
    private static func renewal(_ state: State) -> (KeyRenewal, ContinuousClock.Instant) {
        var renewal = KeyRenewal(at: Self.start)
        func ask(_ seconds: Int) { _ = renewal.tick(at: Self.start + .seconds(seconds)) }
        func succeed(_ seconds: Int) { _ = renewal.succeed(lifetime: nil, at: Self.start + .seconds(seconds)) }
        func fail(_ seconds: Int) { _ = renewal.fail(at: Self.start + .seconds(seconds)) }
        switch state {
        case .new: return (renewal, Self.start)
        case .firstRequest: ask(0)
        case .fresh:
            ask(0)
            succeed(1)
            return (renewal, Self.start + .seconds(60))
        case .justRenewed:
            ask(0)
            succeed(1)
        case .due:
            ask(0)
            succeed(1)
            return (renewal, Self.start + .seconds(3_241))
        case .renewing:
            ask(0)
            succeed(1)
            ask(3_241)
            return (renewal, Self.start + .seconds(3_242))
        case .down, .downAsking:
            ask(0)
            succeed(1)
            ask(3_241)
            fail(3_250)
            if state == .downAsking { ask(3_251) }
            return (renewal, Self.start + .seconds(3_250))
        case .downWithoutKeys:
            ask(0)
            fail(1)
        case .downWithoutKeysAsking:
            ask(0)
            fail(1)
            ask(2)
        case .tooOld:
            ask(0)
            succeed(1)
            ask(3_241)
            fail(3_250)
            return (renewal, Self.start + .seconds(90_001))
        }
        return (renewal, Self.start + .seconds(2))
    }

    private static func outcome(_ event: Event, in state: State) -> String {
        var (renewal, now) = Self.renewal(state)
        if state == .downWithoutKeys { now = Self.start + .milliseconds(1_500) }
        switch event {
        case .tick: return "\(renewal.tick(at: now))"
        case .seek: return "\(renewal.seek(isKnownMissing: false, at: now))"
        case .seekKnownMissing: return "\(renewal.seek(isKnownMissing: true, at: now))"
        case .succeed: return renewal.succeed(lifetime: nil, at: now) ? "news" : Self.rest(renewal)
        case .fail: return renewal.fail(at: now) ? "news" : Self.rest(renewal)
        }
    }

    private static func rest(_ renewal: KeyRenewal) -> String {
        let keys = renewal.keys == .none ? "no keys" : "keys"
        return "\(keys), \(renewal.issuer), \(renewal.request == .underWay ? "asking" : "waiting")"
    }

    private static let table: [State: [Event: String]] = [
        .new: [
            .tick: "[ask]", .seek: "ask", .seekKnownMissing: "ask", .succeed: "no keys, untried, waiting",
            .fail: "no keys, untried, waiting",
        ],
        .firstRequest: [
            .tick: "[]", .seek: "wait", .seekKnownMissing: "wait", .succeed: "keys, up, waiting", .fail: "news",
        ],
        .fresh: [
            .tick: "[]", .seek: "ask", .seekKnownMissing: "unknown", .succeed: "keys, up, waiting",
            .fail: "keys, up, waiting",
        ],
        .justRenewed: [
            .tick: "[]", .seek: "unknown", .seekKnownMissing: "unknown", .succeed: "keys, up, waiting",
            .fail: "keys, up, waiting",
        ],
        .due: [
            .tick: "[ask]", .seek: "ask", .seekKnownMissing: "unknown", .succeed: "keys, up, waiting",
            .fail: "keys, up, waiting",
        ],
        .renewing: [
            .tick: "[]", .seek: "wait", .seekKnownMissing: "unknown", .succeed: "keys, up, waiting", .fail: "news",
        ],
        .down: [
            .tick: "[]", .seek: "unavailable", .seekKnownMissing: "unknown",
            .succeed: "keys, down(failures: 1), waiting", .fail: "keys, down(failures: 1), waiting",
        ],
        .downAsking: [
            .tick: "[]", .seek: "wait", .seekKnownMissing: "unknown", .succeed: "news",
            .fail: "keys, down(failures: 2), waiting",
        ],
        .downWithoutKeys: [
            .tick: "[]", .seek: "unavailable", .seekKnownMissing: "unavailable",
            .succeed: "no keys, down(failures: 1), waiting", .fail: "no keys, down(failures: 1), waiting",
        ],
        .downWithoutKeysAsking: [
            .tick: "[]", .seek: "wait", .seekKnownMissing: "wait", .succeed: "news",
            .fail: "no keys, down(failures: 2), waiting",
        ],
        .tooOld: [
            .tick: "[drop, ask]", .seek: "unavailable", .seekKnownMissing: "unknown",
            .succeed: "keys, down(failures: 1), waiting", .fail: "keys, down(failures: 1), waiting",
        ],
    ]

    @Test(arguments: State.allCases, Event.allCases)
    func everyEventInEveryState(state: State, event: Event) {
        let outcome = Self.outcome(event, in: state)
        #expect(
            outcome.replacing("Access.KeyRenewal.Action.", with: "") == Self.table[state]?[event],
            "\(event) in \(state)")
    }

    @Test(
        arguments: [
            (nil, 3_240), (600, 540), (0, 54), (59, 54), (86_400, 77_760), (10_000_000, 77_760),
        ] as [(Int?, Int)])
    func aDocumentIsRenewedATenthBeforeItIsStaleWithinBounds(lifetime: Int?, renewal: Int) {
        var state = KeyRenewal(at: Self.start)
        _ = state.tick(at: Self.start)
        _ = state.succeed(lifetime: lifetime.map { .seconds($0) }, at: Self.start)
        let before = state.tick(at: Self.start + .seconds(renewal) - .nanoseconds(1))
        let then = state.tick(at: Self.start + .seconds(renewal))
        #expect(before == [] && then == [.ask])
    }

    @Test func anIssuerThatIsDownIsAskedLessAndLessOftenAndEvery30SecondsInTheEnd() {
        var (state, now) = (KeyRenewal(at: Self.start), Self.start)
        var pauses: [Int] = []
        for _ in 0..<8 {
            let actions = state.tick(at: now)
            #expect(actions == [.ask])
            _ = state.fail(at: now)
            var pause = 0
            while state.tick(at: now + .seconds(pause)).isEmpty { pause += 1 }
            pauses.append(pause)
            now += .seconds(pause)
            _ = state.fail(at: now)
            if case .planned(let next, _) = state.request { now = next }
        }
        // Every other one.
        #expect(pauses == [1, 4, 16, 30, 30, 30, 30, 30])
    }

    @Test func keysAreKeptForADayAfterTheyAreStale() {
        var state = KeyRenewal(at: Self.start)
        _ = state.tick(at: Self.start)
        _ = state.succeed(lifetime: .seconds(600), at: Self.start)
        _ = state.tick(at: Self.start + .seconds(540))
        _ = state.fail(at: Self.start + .seconds(540))
        let end = Self.start + .seconds(600 + 86_400)
        let (before, then) = (state.tick(at: end - .seconds(1)), state.tick(at: end))
        #expect(before == [.ask] && then == [.drop])
        #expect(state.keys == .none)
    }
}

@Suite struct SoughtKeysTests {
    private static let now = ContinuousClock.now

    @Test func whatTheIssuerWasAskedForAndDoesNotHaveIsRememberedForFiveMinutes() {
        var keys = SoughtKeys()
        keys.note("a")
        keys.note(nil)
        #expect(!keys.contains("a", at: Self.now))
        keys.answered(at: Self.now)
        #expect(keys.contains("a", at: Self.now + .seconds(299)) && keys.contains(nil, at: Self.now))
        #expect(!keys.contains("a", at: Self.now + .seconds(300)) && !keys.contains("b", at: Self.now))
    }

    @Test func nothingIsRememberedOfAnIssuerThatDidNotAnswer() {
        var keys = SoughtKeys()
        keys.note("a")
        keys.failed()
        keys.answered(at: Self.now)
        #expect(!keys.contains("a", at: Self.now))
    }

    @Test func itsMemoryIsBoundedAndTheOldestGoes() {
        var keys = SoughtKeys()
        keys.note("first")
        keys.answered(at: Self.now)
        for name in 0..<1_000 { keys.note("\(name)") }
        keys.answered(at: Self.now)
        #expect((0..<1_000).count { keys.contains("\($0)", at: Self.now) } == SoughtKeys.most)
        #expect(!keys.contains("first", at: Self.now))
    }
}
