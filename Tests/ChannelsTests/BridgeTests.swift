import Channels
import Synchronization
import TestSupport
import Testing

@Suite struct BridgeTests {
    private let clock = TestClock()
    private let rings = Counter()
    private let orders = name("orders")

    private func bridge(totalBytes: Int = 1 << 20) -> Bridge {
        Bridge(
            ledger: MemoryLedger(totalBytes: totalBytes, clock: clock.wallClock), clock: clock.wallClock)
    }

    private func wakeup() -> Wakeup {
        Wakeup { [rings] in rings.increment() }
    }

    private func slice(_ log: ChannelLog, after: Position) -> [UInt64]? {
        log.slice(after: after, through: .maximum, limit: .all)?.events.numbers
    }

    @Test func `A publication moves the head and is answered with its id`() throws {
        let bridge = bridge()
        #expect(bridge.head == .zero)
        let receipt = try bridge.publish("a", "b", to: orders)
        #expect(receipt == Receipt(first: position(1), count: 2, time: clock.milliseconds))
        #expect(bridge.head == position(2))
        #expect(bridge.id(receipt.last) == EventID(epoch: bridge.epoch, position: position(2)))
    }

    @Test func `A log begins at the head of when it was first asked for`() throws {
        let bridge = bridge()
        try bridge.publish("before", to: orders)
        let log = bridge.attach(wakeup(), to: orders)
        try bridge.publish("after", to: orders)
        #expect(slice(log, after: position(1)) == [2])
        #expect(slice(log, after: .zero) == nil)
        #expect(bridge.attach(wakeup(), to: orders) === log)
    }

    @Test func `A publication wakes each loop once, however much is published before it looks`() throws {
        let bridge = bridge()
        let loops = [wakeup(), wakeup()]
        for loop in loops { _ = bridge.attach(loop, to: orders) }
        try bridge.publish("a", "b", to: orders)
        #expect(rings.count == 2)
        for _ in 0..<10 { try bridge.publish("c", to: orders) }
        #expect(rings.count == 2)
        #expect(loops.map { $0.take().map(\.name) } == [[orders], [orders]])
        try bridge.publish("d", to: orders)
        #expect(rings.count == 4)
    }

    @Test func `A loop is not woken for channels that it has no readers of`() throws {
        let bridge = bridge()
        let wakeup = wakeup()
        let log = bridge.attach(wakeup, to: orders)
        try bridge.publish("a", to: name("Orders"))
        #expect(rings.count == 0)
        bridge.detach(wakeup, from: log)
        try bridge.publish("a", to: orders)
        #expect(rings.count == 0)
    }

    @Test func `Readers are woken, and find the events, before the publisher is answered`() throws {
        let bridge = bridge()
        let log = bridge.attach(wakeup(), to: orders)
        let found = Mutex<[UInt64]?>(nil)
        bridge.publish(Publication(channel: orders, drafts: [draft("a")])) { [rings] _ in
            guard rings.count == 1, bridge.head == position(1) else { return }
            found.withLock { $0 = log.slice(after: .zero, through: bridge.head, limit: .all)?.events.numbers }
        }
        #expect(found.withLock { $0 } == [1])
    }

    @Test func `A repeat with the same key wakes nobody`() throws {
        let bridge = bridge()
        try bridge.publish("a", to: orders, key: key("k"))
        _ = bridge.attach(wakeup(), to: orders)
        try bridge.publish("a", to: orders, key: key("k"))
        #expect(rings.count == 0)
        #expect(bridge.head == position(1))
    }

    @Test func `What was dropped is in no log, and who had not read it must go to the ledger`() throws {
        let bridge = bridge()
        let log = bridge.attach(wakeup(), to: orders)
        try bridge.publish("a", "b", to: orders)
        try bridge.drop(orders)
        #expect(slice(log, after: position(1)) == nil)
        #expect(slice(log, after: position(2)) == [])
        let page = try bridge.read(ReadQuery(Selection(orders), start: .after(position(1)), limit: .all))
        #expect(page.isTrimmed)
        #expect(page.events.isEmpty)
        try bridge.publish("c", to: orders)
        #expect(slice(log, after: position(2)) == [3])
    }

    @Test func `What was dropped is in no log, even where the ledger had let go of it before`() throws {
        let bridge = bridge(totalBytes: 500)
        let log = bridge.attach(wakeup(), to: orders)
        try bridge.publish("secret", to: orders)
        for _ in 0..<3 { try bridge.publish("filler", to: name("other")) }
        try bridge.drop(orders)
        #expect(slice(log, after: .zero) == nil)
    }

    @Test func `A drop leaves other channels alone`() throws {
        let bridge = bridge()
        let log = bridge.attach(wakeup(), to: orders)
        try bridge.publish("a", to: orders)
        try bridge.publish("b", to: name("other"))
        try bridge.drop(name("other"))
        #expect(slice(log, after: .zero) == [1])
    }

    @Test func `It begins where the ledger that it opens has come to`() throws {
        let ledger = MemoryLedger()
        ledger.append([Publication(channel: orders, drafts: [draft("a"), draft("b")])]) { _ in }
        let bridge = Bridge(ledger: ledger)
        #expect(bridge.head == position(2))
        #expect(bridge.attach(wakeup(), to: orders).reaches(back: position(2)))
    }
}
