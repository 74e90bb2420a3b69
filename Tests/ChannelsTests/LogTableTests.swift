import TestSupport
import Testing

@testable import Channels

@Suite struct LogTableTests {
    private func table(perChannel: Retention = Retention(), totalBytes: Int = 100) -> LogTable {
        LogTable(limits: .init(perChannel: perChannel, totalBytes: totalBytes))
    }

    /// The events that a log holds, from where it begins.
    private func held(_ log: ChannelLog, from start: Int = 0) -> [UInt64]? {
        log.slice(after: position(start), through: .maximum, limit: .all)?.events.numbers
    }

    @Test func `A channel has one log, which begins at the head of when it was made`() {
        var table = table()
        let log = table.log(of: name("a"), head: position(5), retention: Retention())
        #expect(table.log(of: name("a"), head: position(9), retention: Retention()) === log)
        #expect(log.reaches(back: position(5)))
        #expect(!log.reaches(back: position(4)))
    }

    @Test func `Events of a channel without a log are passed over`() {
        var table = table()
        #expect(table.append([event(1, channel: "a")]) == nil)
        #expect(table.append([]) == nil)
        #expect(table.all.isEmpty)
    }

    @Test(arguments: [(2, 3), (3, 2)])
    func `A log holds what both its channel and the table allow`(ofChannel: Int, ofTable: Int) {
        for retention in [{ Retention(events: $0) }, { Retention(bytes: $0) }] {
            var table = table(perChannel: retention(ofTable))
            let log = table.log(of: name("a"), head: .zero, retention: retention(ofChannel))
            for number in 1...5 { _ = table.append([event(number, channel: "a", size: 1)]) }
            #expect(held(log, from: 3) == [4, 5])
            #expect(held(log, from: 2) == nil)
        }
    }

    @Test func `Beyond the bytes for all logs the one that was filled first is emptied`() {
        var table = table(totalBytes: 100)
        let logs = ["a", "b", "c"].map { table.log(of: name($0), head: .zero, retention: Retention()) }
        for (index, channel) in ["a", "b", "a", "c"].enumerated() {
            _ = table.append([event(index + 1, channel: channel, size: 30)])
        }
        #expect(logs.map { held($0) } == [nil, [2], [4]])
        #expect(held(logs[0], from: 4) == [], "its events up to now are in the ledger")
    }

    @Test func `An event that is too large for all logs is kept in none`() {
        var table = table(totalBytes: 100)
        let logs = ["a", "b"].map { table.log(of: name($0), head: .zero, retention: Retention()) }
        _ = table.append([event(1, channel: "a", size: 30)])
        _ = table.append([event(2, channel: "b", size: 101)])
        #expect(logs.map { held($0) } == [nil, nil])
        _ = table.append([event(3, channel: "b", size: 100)])
        #expect(held(logs[1], from: 2) == [3], "there is room again")
    }

    @Test func `What expired or was dropped no longer counts`() {
        var table = table(totalBytes: 100)
        let retention = Retention(age: .seconds(1))
        let logs = ["a", "b", "c"].map { table.log(of: name($0), head: .zero, retention: retention) }
        for (index, log) in logs.enumerated() {
            _ = table.append([event(index + 1, channel: log.name.description, time: 5_000, size: 30)])
        }
        table.clear(name("a"), through: position(1))
        table.sweep(logs[1], at: 6_001, idle: 0)
        _ = table.append([event(4, channel: "c", time: 6_000, size: 70)])
        #expect(held(logs[2]) == [3, 4])
    }

    @Test func `A log that nobody has watched for long is let go, and a new one begins at the head`() {
        var table = table()
        let log = table.log(of: name("a"), head: .zero, retention: Retention())
        let wakeup = Wakeup {}
        log.attach(wakeup)
        _ = table.append([event(1, channel: "a")])
        table.sweep(log, at: 9_999, idle: .max)
        #expect(table.all.count == 1, "somebody watches")
        log.detach(wakeup, at: 2_000)
        table.sweep(log, at: 2_500, idle: 1_999)
        #expect(table.all.count == 1, "not long enough")
        table.sweep(log, at: 2_500, idle: 2_000)
        #expect(table.all.isEmpty)
        #expect(held(log) == nil, "who still has the old one must go to the ledger")
        let next = table.log(of: name("a"), head: position(1), retention: Retention())
        #expect(next !== log)
        table.sweep(log, at: 9_999, idle: .max)
        #expect(table.all.first === next, "an old log takes no new one with it")
    }

    @Test(arguments: freshSeeds(20))
    func `No sequence of steps lets the logs hold more than the bytes for all`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var table = table(perChannel: Retention(events: 5, bytes: 60), totalBytes: 100)
        let retention = Retention(age: .milliseconds(50))
        let wakeup = Wakeup {}
        var now: Int64 = 0
        for number in 1...1_000 {
            now += Int64.random(in: 0...5, using: &random)
            let channel = "\(Int.random(in: 0..<6, using: &random))"
            let log = table.log(of: name(channel), head: position(number - 1), retention: retention)
            log.attach(wakeup)
            switch Int.random(in: 0..<10, using: &random) {
            case 0: table.clear(name(channel), through: position(number))
            case 1, 2: table.sweep(log, at: now, idle: now - 20)
            default:
                let size = Int.random(in: 0...70, using: &random)
                _ = table.append([event(number, channel: channel, time: now, size: size)])
            }
            log.detach(wakeup, at: now)
            if number % 3 == 0 { table.sweep(log, at: now, idle: now - 20) }
            try #require(table.all.reduce(0) { $0 + size(of: $1, upTo: number) } <= 100)
        }
        // That nothing is counted which is gone shows in that there is room for all bytes.
        for log in table.all { table.clear(log.name, through: .maximum) }
        let log = table.log(of: name("new"), head: position(1_000), retention: Retention())
        _ = table.append([event(1_001, channel: "new", size: 60)])
        try #require(held(log, from: 1_000) == [1_001])
    }

    /// The bytes that a log holds.
    private func size(of log: ChannelLog, upTo head: Int) -> Int {
        var (low, high) = (0, head)
        while low < high {
            let middle = (low + high) / 2
            if log.reaches(back: position(middle)) { high = middle } else { low = middle + 1 }
        }
        let events = log.slice(after: position(low), through: .maximum, limit: .all)?.events ?? []
        return events.reduce(0) { $0 + $1.size }
    }
}
