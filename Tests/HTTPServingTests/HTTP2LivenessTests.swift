import NIOCore
import Testing

@testable import HTTPServing

@Suite struct HTTP2LivenessTests {
    private let start = NIODeadline.now()
    private var liveness: HTTP2Liveness
    private let limits: Limits

    init() {
        var limits = Limits()
        limits.pingInterval = .seconds(30)
        limits.writeTimeout = .seconds(10)
        self.limits = limits
        self.liveness = HTTP2Liveness(self.start)
    }

    private mutating func look(
        after seconds: Int64, taken: Int = 0, left: Int = 0, isBlocked: Bool = false, idleLimit: TimeAmount? = nil
    ) -> HTTP2Liveness.Verdict {
        self.liveness.look(
            self.start + .seconds(seconds), taken: taken, left: left, isBlocked: isBlocked, idleLimit: idleLimit,
            limits: self.limits)
    }

    @Test mutating func `A silent client is asked for a sign of life once, and is gone without one`() {
        #expect(look(after: 29) == .isThere)
        #expect(look(after: 30) == .ask)
        #expect(look(after: 31) == .isThere)
        #expect(look(after: 40) == .isGone)
    }

    @Test mutating func `Whatever a client sends is a sign of life`() {
        #expect(look(after: 30) == .ask)
        liveness.heard(start + .seconds(35))
        #expect(look(after: 64) == .isThere)
        #expect(look(after: 65) == .ask)
    }

    @Test mutating func `A client that takes what is sent to it lives while there is more to take`() {
        #expect(look(after: 20, taken: 10, left: 1) == .isThere)
        #expect(look(after: 49, taken: 10, left: 1) == .isThere)
        #expect(look(after: 50, taken: 10, left: 1) == .ask)
        #expect(look(after: 55, taken: 11, left: 0) == .isThere)
        #expect(look(after: 60, taken: 11, left: 0) == .isGone, "the last bytes are taken by its system")
    }

    @Test mutating func `A client for which the system takes no more must take something within each time limit`() {
        #expect(look(after: 5, taken: 10, left: 90, isBlocked: true) == .isThere)
        #expect(look(after: 14, taken: 10, left: 90, isBlocked: true) == .isThere)
        #expect(look(after: 15, taken: 11, left: 89, isBlocked: true) == .isThere)
        #expect(look(after: 24, taken: 11, left: 89, isBlocked: true) == .isThere)
        #expect(look(after: 25, taken: 11, left: 89, isBlocked: true) == .isGone)
    }

    @Test mutating func `The time to take something begins anew when the system takes all`() {
        #expect(look(after: 5, taken: 10, left: 90, isBlocked: true) == .isThere)
        #expect(look(after: 10, taken: 10, left: 50) == .isThere)
        #expect(look(after: 15, taken: 10, left: 90, isBlocked: true) == .isThere)
        #expect(look(after: 25, taken: 10, left: 90, isBlocked: true) == .isGone)
    }

    @Test mutating func `A client with nothing under way is idle once the limit is over, and is not asked`() {
        #expect(look(after: 74, idleLimit: .seconds(75)) == .isThere)
        #expect(look(after: 75, idleLimit: .seconds(75)) == .isIdle)
    }

    @Test func `Progress is judged from one look to the next, the first being too early to tell`() {
        var progress = WriteProgress()
        #expect([0, 1, 1].map { progress.isMade(by: $0) } == [true, true, false])
    }
}
