import Channels
import Dispatch
import FoundationEssentials
import GRDB
import Logging
import Synchronization
import TestSupport

@testable import SQLiteLedger

extension TemporaryFolder {
    func copy(_ name: String, to other: String) throws {
        try? FileManager.default.removeItem(atPath: self.file(other))
        try FileManager.default.copyItem(atPath: self.file(name), toPath: self.file(other))
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: self.file(name)) }

    func size(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: self.file(name))
        return (attributes[.size] as? Int) ?? Int((attributes[.size] as? UInt64) ?? 0)
    }

    /// A ledger in `ledger.db`, opened.
    func open(
        keeping retention: Retention = Retention(), clock: WallClock = .system,
        _ change: (inout SQLiteLedger.Configuration) -> Void = { _ in }
    ) async throws -> OpenedLedger {
        var configuration = SQLiteLedger.Configuration(path: self.file("ledger.db"))
        change(&configuration)
        let settings = LedgerSettings(retention: RetentionRules(fallback: retention))
        return try await OpenedLedger(configuration, settings, clock: clock)
    }

    /// Does something to a closed database, as somebody else would.
    func edit(_ name: String = "ledger.db", _ sql: String) throws {
        let queue = try DatabaseQueue(path: self.file(name))
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
    }
}

extension TemporaryFolder {
    /// What a query of a closed database gives.
    func number(_ sql: String) throws -> Int? {
        try DatabaseQueue(path: self.file("ledger.db")).read { try Int.fetchOne($0, sql: sql) }
    }
}

/// The clocks of one run of a machine, on which time passes when it is told to.
final class RunningClock: Sendable {
    private let passed = Atomic<Int64>(0)
    private let start: Int64

    /// - Parameter start: What the time of day is at the beginning, in milliseconds since 1970.
    init(_ start: Int64) { self.start = start }

    func advance(by milliseconds: Int64) { self.passed.add(milliseconds, ordering: .sequentiallyConsistent) }

    var clock: WallClock {
        WallClock(
            milliseconds: { self.start + self.passed.load(ordering: .sequentiallyConsistent) },
            steadyMilliseconds: { self.passed.load(ordering: .sequentiallyConsistent) })
    }
}

/// An open ledger whose calls can be awaited.
final class OpenedLedger: Sendable {
    let state: LedgerState
    private let ledger: SQLiteLedger

    init(_ configuration: SQLiteLedger.Configuration, _ settings: LedgerSettings, clock: WallClock) async throws {
        self.ledger = SQLiteLedger(
            configuration, settings: settings, clock: clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let opening = Opening()
        try await self.ledger.open(opening)
        guard let state = opening.state else { throw CancellationError() }
        self.state = state
    }

    /// Hears of the life that a ledger is in, and of nothing else.
    private final class Opening: LedgerObserver {
        private let began = Mutex<LedgerState?>(nil)

        var state: LedgerState? { self.began.withLock { $0 } }

        func began(_ state: LedgerState) { self.began.withLock { $0 = state } }
        func committed(_ commit: Commit) {}
        func settled() {}
        func lost(_ error: LedgerError) {}
        func found() {}
    }

    func close() async { await self.ledger.close() }

    @discardableResult
    func publish(_ data: String..., to channel: String = "orders", key: String? = nil) async throws -> PublishOutcome {
        let publication = Publication(
            channel: try ChannelName(channel), drafts: try data.map { try Draft(data: Array($0.utf8)) },
            key: key.flatMap { IdempotencyKey($0) })
        return try await self.append([publication])[0].get()
    }

    func append(_ publications: [Publication]) async -> [Result<PublishOutcome, LedgerError>] {
        await withCheckedContinuation { continuation in
            self.ledger.append(publications) { continuation.resume(returning: $0) }
        }
    }

    /// Appends, and waits on this thread.
    func commitAndWait(_ publication: Publication) {
        let done = DispatchSemaphore(value: 0)
        self.ledger.append([publication]) { _ in done.signal() }
        done.wait()
    }

    func read(_ channel: String = "orders", _ start: ReadQuery.Start = .earliest) async throws -> Page {
        try await self.read(Selection(try ChannelName(channel)), start)
    }

    func read(
        _ selection: Selection, _ start: ReadQuery.Start = .earliest,
        limit: PageLimit = PageLimit(events: .max, bytes: .max)
    ) async throws -> Page {
        let query = ReadQuery(selection, start: start, limit: limit)
        return try await withCheckedContinuation { continuation in
            self.ledger.read(query) { continuation.resume(returning: $0) }
        }.get()
    }

    func drop(_ channel: String) async throws {
        let channel = try ChannelName(channel)
        try await withCheckedContinuation { continuation in
            self.ledger.drop(channel) { continuation.resume(returning: $0) }
        }.get()
    }

    func records(_ query: RecordQuery) async throws -> [SmallRecord] {
        try await withCheckedContinuation { continuation in
            self.ledger.records(query) { continuation.resume(returning: $0) }
        }.get()
    }

    func probe() async throws {
        try await withCheckedContinuation { continuation in
            self.ledger.probe { continuation.resume(returning: $0) }
        }.get()
    }

    func sweep() async throws {
        for _ in 0..<3 {
            self.ledger.sweep()
            try await self.probe()
        }
    }
}

extension Page {
    var texts: [String] { self.events.map { String(decoding: $0.data, as: UTF8.self) } }
    var positions: [UInt64] { self.events.map(\.position.rawValue) }
}

extension PublishOutcome {
    var first: UInt64? { if case .appended(let receipt) = self { receipt.first.rawValue } else { nil } }
}
