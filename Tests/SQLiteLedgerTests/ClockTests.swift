import Channels
import TestSupport
import Testing

@testable import SQLiteLedger

/// Restarts of machines whose time of day was wrong before.
@Suite struct ClockTests {
    private let folder: TemporaryFolder
    private let retention = Retention(age: .seconds(10))
    private let today: Int64 = 1_000_000_000_000
    private let day: Int64 = 86_400_000

    init() throws {
        self.folder = try TemporaryFolder()
    }

    private func open(at time: Int64) async throws -> (ledger: OpenedLedger, clock: RunningClock) {
        let clock = RunningClock(time)
        return (try await folder.open(keeping: retention, clock: clock.clock), clock)
    }

    @Test func `Events of the future count from the opening`() async throws {
        let first = try await open(at: today + day).ledger
        try await first.publish("a")
        await first.close()
        let (second, clock) = try await open(at: today)
        try await second.publish("b")
        clock.advance(by: 9_000)
        try await second.sweep()
        #expect(try await second.read().texts == ["a", "b"])
        clock.advance(by: 1_001)
        try await second.sweep()
        #expect(try await second.read().events.isEmpty)
    }

    @Test func `A key of the future has its window from the opening on`() async throws {
        let first = try await open(at: today + day).ledger
        try await first.publish("a", key: "k")
        await first.close()
        let (second, clock) = try await open(at: today)
        clock.advance(by: 600_000)
        #expect(try await second.publish("a", key: "k").first == nil)
        clock.advance(by: 1)
        #expect(try await second.publish("a", key: "k").first == 2)
    }

    @Test func `What the time of the machine's sleep made old goes, as after any stop`() async throws {
        let first = try await open(at: today).ledger
        try await first.publish("a")
        await first.close()
        let second = try await open(at: today + 10_001).ledger
        try await second.sweep()
        #expect(try await second.read().events.isEmpty)
    }

    @Test func `A clock that is set again and again loses no age`() throws {
        var ages = Ages(at: Moment(milliseconds: 0, steadyMilliseconds: 0), head: .zero)
        for number in 1...1_000 {
            let time = Int64(number) * 86_400_000
            ages.advance(
                to: Moment(milliseconds: time, steadyMilliseconds: Int64(number)),
                head: Position(rawValue: UInt64(number)))
            let written = ages.instant(ofTime: time, at: Position(rawValue: UInt64(number + 1)))
            #expect(written == Int64(number))
        }
        #expect(ages.instant(ofTime: 990 * 86_400_000, at: Position(rawValue: 991)) == 990)
    }

    @Test func `What is older than the opening keeps its age, however often the clock is set afterwards`() throws {
        let head = Position(rawValue: 5)
        var ages = Ages(at: Moment(milliseconds: today, steadyMilliseconds: 0), head: head)
        for number in 1...1_000 {
            ages.advance(
                to: Moment(milliseconds: today + Int64(number) * day, steadyMilliseconds: Int64(number)),
                head: Position(rawValue: 5 + UInt64(number)))
        }
        #expect(ages.instant(ofTime: today - 1_000, at: head) == -1_000)
    }

    @Test func `An event of whose time of day nothing is known any more is thought too young, not too old`() throws {
        var ages = Ages(at: Moment(milliseconds: today, steadyMilliseconds: 0), head: .zero)
        var instants: [Int64] = []
        for number in 1...1_000 {
            // To and fro.
            let time = today + (number.isMultiple(of: 2) ? day : 0) + Int64(number)
            ages.advance(
                to: Moment(milliseconds: time, steadyMilliseconds: Int64(number)),
                head: Position(rawValue: UInt64(number)))
            instants.append(ages.instant(ofTime: today + 1, at: Position(rawValue: 2)))
        }
        #expect(instants.allSatisfy { $0 >= 1 })
    }
}
