import Channels
import Dispatch
import TestSupport
import Testing

/// What must hold while publishers, readers and the sweep are at work in different threads.
@Suite struct BridgeRaceTests {
    private let orders = name("orders")

    /// A loop that is awake already takes a mark the moment it is made. It must find the head then, since nobody wakes
    /// it once more.
    @Test func `A loop that takes a mark finds what it was marked for, or is woken again`() throws {
        let bridge = Bridge(ledger: MemoryLedger())
        let (rings, answers) = (Counter(), Counter())
        let (first, second) = (Wakeup { rings.increment() }, Wakeup {})
        // All the others are marked after the first two, which leaves time to look.
        for wakeup in [first, second] + (0..<2_000).map({ _ in Wakeup {} }) { _ = bridge.attach(wakeup, to: orders) }
        let publisher = DispatchQueue(label: "publisher")
        for round in 1...50 {
            try bridge.publish("a", to: orders)
            _ = second.take()
            publisher.async { [orders] in
                bridge.publish(Publication(channel: orders, drafts: [draft("b")])) { _ in answers.increment() }
            }
            // As soon as the second is marked for `b`, so is the first.
            while second.take().isEmpty, answers.count < round {}
            let marked = first.take()
            let (head, ringsBefore) = (bridge.head, rings.count)
            publisher.sync {}
            #expect(marked.map(\.name) == [orders])
            try #require(head == bridge.head || rings.count > ringsBefore)
        }
    }

    /// Everything at once: publishers, logs that are emptied, logs that come and go, and in one case drops.
    @Test(arguments: [false, true])
    func `A loop that looks whenever it is woken misses nothing that it is not told of`(withDrops: Bool) async throws {
        let bridge = Bridge(
            ledger: MemoryLedger(),
            configuration: .init(logEvents: 20, totalLogBytes: 400, logIdleTime: .zero))
        let channels = ["a", "b", "c"].map(name)
        let loops = try (0..<2).map { _ in try LoopStandIn(bridge, channels) }
        let readers = loops.map { loop in Task { try await loop.run() } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<3 {
                group.addTask { try await Self.publish(1_000, on: bridge, channels, writer) }
            }
            group.addTask { try await Self.disturb(bridge, channels, withDrops: withDrops) }
            try await group.waitForAll()
        }
        for loop in loops { loop.finish() }
        for reader in readers {
            let (seen, gaps, cursor) = try await reader.value
            #expect(cursor == bridge.head, "it was woken for the last event")
            #expect(zip(seen, seen.dropFirst()).allSatisfy { $0 < $1 }, "nothing is repeated or out of order")
            let missing = Set(1...bridge.head.rawValue).subtracting(seen)
            #expect(missing.allSatisfy { number in gaps.contains { $0.contains(number) } })
            #expect(gaps.isEmpty || withDrops)
        }
    }

    private static func publish(_ count: Int, on bridge: Bridge, _ channels: [ChannelName], _ writer: Int) async throws
    {
        for number in 0..<count {
            try bridge.publish("\(writer) \(number)", to: channels[(writer + number) % channels.count])
            if number % 3 == 0 { await Task.yield() }
        }
    }

    private static func disturb(_ bridge: Bridge, _ channels: [ChannelName], withDrops: Bool) async throws {
        let wakeup = Wakeup {}
        for number in 0..<500 {
            let channel = channels[number % channels.count]
            let logs = [channel, name("quiet")].map { bridge.attach(wakeup, to: $0) }
            if withDrops { try bridge.drop(channel) }
            for log in logs { bridge.detach(wakeup, from: log) }
            bridge.sweep()
            await Task.yield()
        }
    }
}

/// What an event loop with one reader does, without sockets: it looks when it is woken, and only then.
private final class LoopStandIn: Sendable {
    typealias Result = (seen: [UInt64], gaps: [ClosedRange<UInt64>], cursor: Position)

    private let bridge: Bridge
    private let selection: Selection
    private let logs: [ChannelLog]
    private let wakeup: Wakeup
    private let rings: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation

    init(_ bridge: Bridge, _ channels: [ChannelName]) throws {
        let (rings, ring) = AsyncStream.makeStream(of: Void.self)
        let wakeup = Wakeup { ring.yield() }
        self.bridge = bridge
        self.selection = try #require(Selection(channels))
        self.logs = channels.map { bridge.attach(wakeup, to: $0) }
        self.wakeup = wakeup
        (self.rings, self.ring) = (rings, ring)
    }

    /// No ring comes any more.
    func finish() {
        self.ring.finish()
    }

    func run() async throws -> Result {
        var result: Result = ([], [], .zero)
        for await _ in self.rings {
            guard !self.wakeup.take().isEmpty else { continue }
            let head = self.bridge.head
            while result.cursor < head { try self.read(through: head, &result) }
        }
        return result
    }

    private func read(through head: Position, _ result: inout Result) throws {
        let limit = PageLimit(events: 7, bytes: 100)
        let slices = self.logs.compactMap { $0.slice(after: result.cursor, through: head, limit: limit) }
        let page =
            slices.count == self.logs.count
            ? Page(after: result.cursor, slices: slices, head: head, limit: limit)
            : try self.bridge.read(ReadQuery(self.selection, start: .after(result.cursor), limit: limit))
        if page.isTrimmed { result.gaps.append(result.cursor.rawValue...page.through.rawValue) }
        try #require(page.through > result.cursor)
        result.seen += page.events.numbers
        result.cursor = page.through
    }
}
