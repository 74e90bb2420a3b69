import Channels
import TestSupport
import Testing

/// How much the logs hold, for how long, and what readers do who need more.
@Suite struct BridgeLimitTests {
    private let clock = TestClock()
    private let orders = name("orders")

    private func bridge(_ configuration: Bridge.Configuration = .init(), retention: RetentionRules = .init())
        -> Bridge
    {
        Bridge(
            ledger: MemoryLedger(LedgerSettings(retention: retention), clock: clock.wallClock),
            configuration: configuration, clock: clock.wallClock)
    }

    private func wakeup() -> Wakeup {
        Wakeup {}
    }

    private func slice(_ log: ChannelLog, after: Position) -> [UInt64]? {
        log.slice(after: after, through: .maximum, limit: .all)?.events.numbers
    }

    @Test func `Where a log no longer holds the cursor the ledger does`() throws {
        let bridge = bridge(.init(logEvents: 2))
        let log = bridge.attach(wakeup(), to: orders)
        try bridge.publish("a", "b", "c", "d", to: orders)
        #expect(slice(log, after: position(1)) == nil)
        #expect(slice(log, after: position(2)) == [3, 4])
        let page = try bridge.read(ReadQuery(Selection(orders), start: .after(position(1)), limit: .all))
        #expect(page.events.numbers == [2, 3, 4])
        #expect(page.through == bridge.head)
        #expect(!page.isTrimmed)
    }

    @Test func `A channel keeps less in its log where its retention says so`() throws {
        let rules = RetentionRules([.init(pattern: NamePattern("ord*"), retention: Retention(events: 1))])
        let bridge = bridge(retention: rules)
        let log = bridge.attach(wakeup(), to: orders)
        try bridge.publish("a", "b", to: orders)
        #expect(slice(log, after: position(1)) == [2])
        #expect(slice(log, after: .zero) == nil)
    }

    @Test func `All logs together hold no more than their bytes`() throws {
        let bridge = bridge(.init(totalLogBytes: 10))
        let logs = ["a", "b"].map { bridge.attach(wakeup(), to: name($0)) }
        try bridge.publish("123456", to: name("a"))
        try bridge.publish("123456", to: name("b"))
        #expect(slice(logs[0], after: .zero) == nil)
        #expect(slice(logs[1], after: position(1)) == [2])
    }

    @Test func `A sweep lets go of what is too old`() throws {
        let bridge = bridge(retention: RetentionRules(fallback: Retention(age: .seconds(10))))
        let log = bridge.attach(wakeup(), to: orders)
        try bridge.publish("a", to: orders)
        clock.advance(by: 10_000)
        bridge.sweep()
        #expect(slice(log, after: .zero) == [1])
        clock.advance(by: 1)
        bridge.sweep()
        #expect(slice(log, after: .zero) == nil)
    }

    @Test func `A clock that is set takes nothing out of a log, nor a log that was just read`() throws {
        let bridge = bridge(.init(logIdleTime: .seconds(60)))
        let wakeup = wakeup()
        let log = bridge.attach(wakeup, to: orders)
        try bridge.publish("a", to: orders)
        bridge.detach(wakeup, from: log)
        clock.set(forwardBy: 86_400_000)
        bridge.sweep()
        #expect(slice(log, after: .zero) == [1])
        #expect(bridge.attach(wakeup, to: orders) === log)
    }

    @Test func `A sweep lets go of a log that nobody has read for long`() throws {
        let bridge = bridge(.init(logIdleTime: .seconds(60)))
        let wakeup = wakeup()
        let log = bridge.attach(wakeup, to: orders)
        try bridge.publish("a", to: orders)
        bridge.detach(wakeup, from: log)
        clock.advance(by: 59_999)
        bridge.sweep()
        #expect(bridge.attach(wakeup, to: orders) === log, "it came back in time")
        bridge.detach(wakeup, from: log)
        clock.advance(by: 60_000)
        bridge.sweep()
        let next = bridge.attach(wakeup, to: orders)
        #expect(next !== log)
        #expect(slice(next, after: position(1)) == [])
        #expect(slice(log, after: position(1)) == nil, "who still has the old one must go to the ledger")
    }

    @Test func `A log that somebody reads is not let go, however quiet it is`() throws {
        let bridge = bridge()
        let log = bridge.attach(wakeup(), to: orders)
        clock.advance(by: 1_000_000_000)
        bridge.sweep()
        try bridge.publish("a", to: orders)
        #expect(slice(log, after: .zero) == [1])
    }
}
