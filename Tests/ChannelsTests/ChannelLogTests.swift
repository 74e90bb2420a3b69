import Testing

@testable import Channels

@Suite struct ChannelLogTests {
    private func log(start: Int = 10, _ retention: Retention = Retention(), _ events: [Event] = []) -> ChannelLog {
        let log = ChannelLog(name: name("orders"), start: position(start), retention: retention)
        if !events.isEmpty { _ = log.append(events) }
        return log
    }

    private func slice(_ log: ChannelLog, after: Int, through: Int = 99) -> [UInt64]? {
        log.slice(after: position(after), through: position(through), limit: .all)?.events.numbers
    }

    @Test func `It reaches back to where it began and no further`() {
        let log = log(start: 10, Retention(), [event(12), event(15)])
        #expect(slice(log, after: 9) == nil)
        #expect(slice(log, after: 10) == [12, 15])
        #expect(slice(log, after: 12) == [15])
        #expect(slice(log, after: 15) == [])
        #expect(slice(log, after: 10, through: 14) == [12])
        #expect((9...16).map { log.reaches(back: position($0)) } == [false] + Array(repeating: true, count: 7))
    }

    @Test func `Beyond its limits it reaches back less far`() {
        let log = log(start: 10, Retention(events: 2), [event(12), event(15), event(16)])
        #expect(slice(log, after: 11) == nil)
        #expect(slice(log, after: 12) == [15, 16])
    }

    @Test func `What was taken out stays as it is`() throws {
        let log = log(start: 10, Retention(), [event(12)])
        let slice = try #require(log.slice(after: position(10), through: position(99), limit: .all))
        _ = log.append([event(13)])
        _ = log.clear(through: position(13))
        #expect(slice.events.numbers == [12])
    }

    @Test func `After it was cleared it begins there`() {
        let log = log(start: 10, Retention(), [event(12, size: 5), event(15, size: 6)])
        #expect(log.clear(through: position(15)) == 11, "the bytes it let go of")
        #expect(slice(log, after: 14) == nil)
        #expect(slice(log, after: 15) == [])
        #expect(log.clear(through: position(15)) == 0)
    }

    @Test func `What is too old goes, and it tells how many bytes that were`() {
        let log = log(Retention(age: .seconds(1)), [event(12, time: 1_000, size: 5), event(15, time: 1_500, size: 6)])
        #expect(log.expire(at: 2_100) == 5)
        #expect(slice(log, after: 11) == nil)
        #expect(slice(log, after: 12) == [15])
        #expect(log.expire(at: 2_100) == 0)
    }

    @Test func `It tells by how many bytes it has grown, which may be fewer than came`() {
        let log = log(Retention(events: 2))
        #expect(log.append([event(11, size: 5), event(12, size: 3)]) == 8)
        #expect(log.append([event(13, size: 1)]) == -4)
    }

    @Test func `It wakes each loop that watches once, however many readers the loop has`() {
        let log = log()
        let loops = [Wakeup {}, Wakeup {}]
        for wakeup in loops + loops { log.attach(wakeup) }
        #expect(log.mark().count == 2)
        #expect(log.mark().isEmpty)
        #expect(loops.allSatisfy { $0.take().first === log })
    }

    @Test func `A loop watches until it has let go as often as it took hold`() {
        let log = log()
        let wakeup = Wakeup {}
        log.attach(wakeup)
        log.attach(wakeup)
        log.detach(wakeup, at: 0)
        #expect(log.mark().count == 1)
        log.detach(wakeup, at: 0)
        _ = wakeup.take()
        #expect(log.mark().isEmpty)
    }

    @Test func `A loop that never took hold lets go of nothing`() {
        let log = log()
        log.attach(Wakeup {})
        log.detach(Wakeup {}, at: 0)
        #expect(!log.isIdle(since: .max))
    }

    @Test func `It is idle from when the last loop let go until one takes hold`() {
        let log = log()
        let loops = [Wakeup {}, Wakeup {}]
        for wakeup in loops { log.attach(wakeup) }
        log.detach(loops[0], at: 1_000)
        #expect(!log.isIdle(since: .max))
        log.detach(loops[1], at: 2_000)
        #expect(!log.isIdle(since: 1_999))
        #expect(log.isIdle(since: 2_000))
        log.attach(loops[0])
        #expect(!log.isIdle(since: .max))
    }
}
