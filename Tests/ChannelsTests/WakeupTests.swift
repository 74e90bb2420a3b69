import Testing

@testable import Channels

@Suite struct WakeupTests {
    private let orders = ChannelLog(name: name("orders"), start: .zero, retention: Retention())
    private let dates = ChannelLog(name: name("dates"), start: .zero, retention: Retention())
    private let rings = Counter()

    private func wakeup() -> Wakeup {
        Wakeup { [rings] in rings.increment() }
    }

    @Test func `The loop must be woken for the first mark only`() {
        let wakeup = wakeup()
        #expect(wakeup.mark(orders))
        #expect(!wakeup.mark(orders))
        #expect(!wakeup.mark(dates))
    }

    @Test func `The loop must be woken again once it has looked`() {
        let wakeup = wakeup()
        _ = wakeup.mark(orders)
        _ = wakeup.take()
        #expect(wakeup.mark(orders))
    }

    @Test func `The loop is given every log that was marked, and only once`() {
        let wakeup = wakeup()
        for log in [orders, dates, orders] { _ = wakeup.mark(log) }
        #expect(Set(wakeup.take().map(\.name)) == [orders.name, dates.name])
        #expect(wakeup.take().isEmpty)
    }

    @Test func `A log that is marked over and over is noted once`() {
        let wakeup = wakeup()
        for _ in 0..<1_000 { _ = wakeup.mark(orders) }
        #expect(wakeup.take().count == 1)
    }

    @Test func `Marking does not wake, ringing does`() {
        let wakeup = wakeup()
        _ = wakeup.mark(orders)
        #expect(rings.count == 0)
        wakeup.ring()
        #expect(rings.count == 1)
    }
}
