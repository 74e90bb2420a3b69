import Channels
import Synchronization
import TestSupport
import Testing

/// What comes from elsewhere: changes that others made, another life, a store that goes away.
@Suite struct LifeTests {
    private let ledger = ScriptedLedger()
    private let rings = Counter()
    private let orders = name("orders")
    private let bridge: Bridge

    init() {
        self.bridge = Bridge(ledger: self.ledger)
    }

    private func wakeup() -> Wakeup {
        Wakeup { [rings] in rings.increment() }
    }

    private func publication(_ data: String) -> Publication {
        Publication(channel: self.orders, drafts: [draft(data)])
    }

    private func slice(_ log: ChannelLog, after: Position) -> [UInt64]? {
        log.slice(after: after, through: .maximum, limit: .all)?.events.numbers
    }

    @Test func `A loop is woken for what another server has published`() throws {
        let log = try #require(bridge.life.attach(wakeup(), to: [orders])?.first)
        ledger.commitElsewhere(publication("a"))
        #expect(rings.count == 1)
        #expect(bridge.life.head == position(1))
        #expect(slice(log, after: .zero) == [1])
    }

    @Test func `A loop is woken once for another life, finds the last one over and its logs without a beginning`()
        throws
    {
        let life = bridge.life
        let wakeup = wakeup()
        let logs = try #require(life.attach(wakeup, to: [orders, name("other")]))
        try bridge.publish("a", "b", to: orders)
        _ = wakeup.take()
        ledger.renew(losing: 1)
        #expect(rings.count == 2)
        #expect(life.isOver && life.head == position(2))
        for log in logs { #expect(slice(log, after: position(2)) == nil) }
        #expect(life.attach(wakeup, to: [orders]) == nil)
        #expect(!bridge.life.isOver && bridge.life.epoch != life.epoch && bridge.life.head == position(1))
    }

    @Test func `Nothing of another life comes into the logs of the last one`() throws {
        let last = try #require(bridge.life.attach(wakeup(), to: [orders])?.first)
        try bridge.publish("a", "b", to: orders)
        ledger.renew(losing: 2)
        let next = try #require(bridge.life.attach(wakeup(), to: [orders])?.first)
        ledger.commitElsewhere(publication("c"))
        #expect(slice(last, after: .zero) == nil)
        #expect(slice(next, after: .zero) == [1])
    }

    @Test func `Who asks whether events can be published is told that the store is lost, until it is found`() throws {
        let answer = Mutex<Result<Void, LedgerError>?>(nil)
        let loss = LedgerError(.unavailable, "gone")
        ledger.lose(loss)
        bridge.probe { result in answer.withLock { $0 = result } }
        #expect(throws: loss) { try #require(answer.withLock { $0 }).get() }
        ledger.find()
        bridge.probe { result in answer.withLock { $0 = result } }
        try #require(answer.withLock { $0 }).get()
    }

    @Test func `What is swept are the logs of the life that goes on`() throws {
        ledger.renew()
        let log = try #require(bridge.life.attach(wakeup(), to: [orders])?.first)
        bridge.sweep()
        try bridge.publish("a", to: orders)
        #expect(slice(log, after: .zero) == [1])
    }
}
