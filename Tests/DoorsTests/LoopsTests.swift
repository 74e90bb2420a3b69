import Channels
import EventStream
import HTTPServing
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Doors

/// Readers on several loops while several publishers write.
@Suite(.timeLimit(.minutes(1))) struct LoopsTests {
    private static let names = ["a", "b"]
    private static let publishers = 4
    private static let perPublisher = 400

    /// Publishes from a thread of its own, now and then a batch.
    private func publish(_ publisher: Int, to bridge: Bridge) async throws {
        var number = 0
        while number < Self.perPublisher {
            let count = min(number % 5 + 1, Self.perPublisher - number)
            let drafts = try (number..<number + count).map { try Draft(data: Array("\(publisher):\($0)".utf8)) }
            let channel = try ChannelName(Self.names[number % Self.names.count])
            await withCheckedContinuation { continuation in
                bridge.publish(Publication(channel: channel, drafts: drafts)) { _ in continuation.resume() }
            }
            number += count
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: [1_000, 20])
    func `Every reader on every loop gets every event once and in the one order`(logEvents: Int) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let retention = RetentionRules(fallback: Retention(events: 10_000))
        let bridge = Bridge(
            ledger: MemoryLedger(LedgerSettings(retention: retention)),
            configuration: Bridge.Configuration(logEvents: logEvents))
        let resource = try await ChannelResource(
            bridge, configuration: TransportConfiguration(), access: .open, cors: CORS(), group: group, logger: .silent)
        var readers: [NIOLoopBound<FakeExchange>] = []
        for loop in Array(group.makeIterator()) + Array(group.makeIterator()) {
            let reader = try await loop.submit {
                let exchange = FakeExchange(loop)
                resource.readSeveral(request("/?channel=a&channel=b&transport=sse"), on: exchange)
                return NIOLoopBound(exchange, eventLoop: loop)
            }.get()
            readers.append(reader)
        }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for publisher in 0..<Self.publishers { tasks.addTask { try await publish(publisher, to: bridge) } }
            try await tasks.waitForAll()
        }
        let positions = (1...Self.publishers * Self.perPublisher).map {
            bridge.id(Position(rawValue: UInt64($0))).description
        }
        for (reader, loop) in zip(readers, Array(group.makeIterator()) + Array(group.makeIterator())) {
            // A reader that had fallen behind its log is still reading on when the last publisher is answered.
            var ids: [String] = []
            while ids.count < positions.count {
                ids = try await loop.scheduleTask(in: .milliseconds(2)) {
                    reader.value.events.map(\.lastEventID)
                }.futureResult.get()
            }
            #expect(ids == positions)
        }
        try await group.shutdownGracefully()
    }
}
