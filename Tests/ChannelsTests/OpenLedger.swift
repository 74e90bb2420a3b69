import Channels
import Synchronization
import Testing

/// A ledger under test: opened, with a record of what it told of, and calls that can be awaited.
final class OpenLedger: Sendable {
    let clock: TestClock
    let state: LedgerState
    let record = CommitRecord()
    private let ledger: any Ledger

    init(_ ledger: any Ledger, clock: TestClock) async throws {
        self.ledger = ledger
        self.clock = clock
        try await ledger.open(self.record)
        self.state = try #require(self.record.lives.first, "it has not told of the life that it is in")
    }

    /// Appends; the answer comes with how far the ledger had told of when it was given.
    func publish(_ publication: Publication) async throws -> (outcome: PublishOutcome, toldThrough: UInt64) {
        let (result, told) = await withCheckedContinuation { continuation in
            self.ledger.append([publication]) { continuation.resume(returning: ($0[0], self.record.head)) }
        }
        return (try result.get(), told)
    }

    func publish(_ data: [String], to channel: ChannelName, key: IdempotencyKey? = nil) async throws -> PublishOutcome {
        try await self.publish(Publication(channel: channel, drafts: data.map { draft($0) }, key: key)).outcome
    }

    /// Appends what must not be refused.
    @discardableResult
    func append(_ data: String..., to channel: ChannelName, key: IdempotencyKey? = nil) async throws -> Receipt {
        guard case .appended(let receipt) = try await self.publish(data, to: channel, key: key) else {
            throw NotAppended()
        }
        return receipt
    }

    struct NotAppended: Error {}

    /// Reads; the page comes with how far the ledger had told of when it was given.
    func readAndTold(_ query: ReadQuery) async throws -> (page: Page, toldThrough: UInt64) {
        let (result, told) = await withCheckedContinuation { continuation in
            self.ledger.read(query) { continuation.resume(returning: ($0, self.record.head)) }
        }
        return (try result.get(), told)
    }

    /// Reads without waiting; nothing is called where the ledger could not be read.
    func read(_ query: ReadQuery, _ body: @escaping @Sendable (Page) -> Void) {
        self.ledger.read(query) { result in
            if case .success(let page) = result { body(page) }
        }
    }

    func read(_ channels: [ChannelName], _ start: ReadQuery.Start, limit: PageLimit = .all) async throws -> Page {
        let selection = try #require(Selection(channels))
        return try await self.readAndTold(ReadQuery(selection, start: start, limit: limit)).page
    }

    func read(_ channel: ChannelName, _ start: ReadQuery.Start = .earliest) async throws -> Page {
        try await self.read([channel], start)
    }

    func drop(_ channel: ChannelName) async throws {
        try await withCheckedContinuation { continuation in
            self.ledger.drop(channel) { continuation.resume(returning: $0) }
        }.get()
    }

    func write(_ changes: [RecordChange]) async throws {
        try await withCheckedContinuation { continuation in
            self.ledger.write(changes) { continuation.resume(returning: $0) }
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

    /// Lets the ledger drop what has become too old or too much: in small steps, and not before it returns, so it is
    /// asked several times, and then for something that comes after.
    func sweep() async throws {
        for _ in 0..<3 { self.ledger.sweep() }
        try await self.probe()
    }
}

/// What a ledger has told of, and whether it kept to the order in which it must.
final class CommitRecord: LedgerObserver {
    enum Change: Equatable {
        case appended(ChannelName, [UInt64])
        case dropped(ChannelName, through: UInt64)
    }

    private struct State {
        var lives: [LedgerState] = []
        var changes: [Change] = []
        var events: [Event] = []
        var head: UInt64 = 0
        var violations: [String] = []
    }

    private let state = Mutex(State())
    private let meanwhile = Mutex<(@Sendable () -> Void)?>(nil)
    private let calls = Atomic(0)

    var lives: [LedgerState] { self.state.withLock { $0.lives } }
    var changes: [Change] { self.state.withLock { $0.changes } }
    var events: [Event] { self.state.withLock { $0.events } }
    /// The newest position that was told of.
    var head: UInt64 { self.state.withLock { $0.head } }
    /// What was not as it must be.
    var violations: [String] { self.state.withLock { $0.violations } }

    /// Does something each time that a change is told of, before it is on record.
    func meanwhile(_ body: @escaping @Sendable () -> Void) {
        self.meanwhile.withLock { $0 = body }
    }

    func began(_ life: LedgerState) {
        self.state.withLock { state in
            state.lives.append(life)
            state.head = life.head.rawValue
        }
    }

    func settled() {}

    func lost(_ error: LedgerError) {
        self.state.withLock { $0.violations.append("lost: \(error)") }
    }

    func found() {}

    func committed(_ commit: Commit) {
        let others = self.calls.add(1, ordering: .sequentiallyConsistent).oldValue
        defer { self.calls.subtract(1, ordering: .sequentiallyConsistent) }
        // Slow on purpose: a ledger that does not wait for it is found out.
        for _ in 0..<2_000 where self.calls.load(ordering: .relaxed) == 0 {}
        self.meanwhile.withLock { $0 }?()
        self.state.withLock { state in
            if others > 0 { state.violations.append("two calls at a time") }
            switch commit {
            case .appended(let events, let others): Self.take(events, others, &state)
            case .dropped(let channel, let position):
                state.changes.append(.dropped(channel, through: position.rawValue))
                if position.rawValue > state.head { state.violations.append("dropped beyond the head: \(position)") }
            }
        }
    }

    private static func take(_ events: [Event], _ others: [[Event]], _ state: inout State) {
        let numbers = events.numbers
        let expected = (1...UInt64(max(1, events.count))).map { state.head + $0 }
        if numbers != expected { state.violations.append("\(numbers) came after \(state.head)") }
        if Set(events.map(\.channel)).count != 1 { state.violations.append("\(numbers) are not of one channel") }
        state.changes.append(.appended(events.first?.channel ?? name("none"), numbers))
        for others in others where others.numbers != numbers {
            state.violations.append("\(others.numbers) are not the events of \(numbers)")
        }
        state.events += events + others.joined()
        state.head = numbers.last ?? state.head
    }
}
