import Channels
import HTTPServing
import NIOHTTP1
import TestSupport
import Testing

@testable import Doors
@testable import Fanout

/// A ledger that was set back, and knows what it was: readers go on where they were, and are told what is lost.
@Suite struct LineageTests {
    private typealias Item = Subscriber.Item

    private let ledger = ScriptedLedger()
    private let world: World
    /// The ids of the events 1 to 3, of which the third is lost.
    private let old: [String]
    /// Those of the events 3 and 4 of the next life.
    private let new: [String]

    init() throws {
        self.world = World(self.ledger)
        try self.world.publish("a", "b", "c")
        self.old = [1, 2, 3].map(self.world.id)
        self.ledger.renew(losing: 1, remembers: true)
        try self.world.publish("d", "e")
        self.new = [3, 4].map(self.world.id)
    }

    private func event(_ id: String, _ data: String) -> Item { .event(id: id, type: "message", data: data) }

    private func lost(after: String, resumedAt: String?) -> Item {
        .gap(PollAnswer.Gap(reason: "lost", after: after, resumedAt: resumedAt))
    }

    private func items(_ way: Way, _ start: String) throws -> [Item] {
        let subscriber = Subscriber(world, way, start: start)
        try subscriber.readAll()
        return subscriber.items
    }

    private var newEvents: [Item] { [event(new[0], "d"), event(new[1], "e")] }

    @Test(arguments: Way.allCases)
    func `Events keep the ids that they were born with`(way: Way) throws {
        #expect(try items(way, "since=earliest") == [event(old[0], "a"), event(old[1], "b")] + newEvents)
        #expect(try items(way, "since=-3") == [event(old[1], "b")] + newEvents)
    }

    @Test(arguments: Way.allCases)
    func `A cursor of the last life is exact, and the loss is told where that life ends`(way: Way) throws {
        let expected = [event(old[1], "b"), lost(after: old[1], resumedAt: new[0])] + newEvents
        #expect(try items(way, "after=\(old[0])") == expected)
    }

    @Test(arguments: Way.allCases)
    func `Who had everything up to the end of a life, or what was lost behind it, is told so and repeats nothing`(
        way: Way
    ) throws {
        for cursor in old[1...] {
            #expect(try items(way, "after=\(cursor)") == [lost(after: cursor, resumedAt: new[0])] + newEvents)
        }
    }

    @Test(arguments: Way.allCases)
    func `The loss is told once`(way: Way) throws {
        let subscriber = Subscriber(world, way, start: "after=\(old[0])")
        try subscriber.readAll()
        let count = subscriber.items.count
        subscriber.disconnect()
        try world.publish("f")
        try subscriber.readAll()
        #expect(subscriber.items.dropFirst(count) == [event(world.id(5), "f")])
    }

    @Test(arguments: Way.allCases)
    func `Over several ends each loss is told in its place, and lives without events in passing`(way: Way) throws {
        ledger.renew(losing: 1, remembers: true)
        ledger.renew(remembers: true)
        try world.publish("f")
        let last = world.id(4)
        let expected = [
            event(old[1], "b"), lost(after: old[1], resumedAt: new[0]), event(new[0], "d"),
            lost(after: new[0], resumedAt: last), event(last, "f"),
        ]
        // A stream that ends behind a gap tells of it again: a gap moves no cursor.
        let items = try items(way, "after=\(old[0])")
        #expect(items.enumerated().filter { $0 == 0 || items[$0 - 1] != $1 }.map(\.1) == expected)
    }

    @Test(arguments: Way.allCases)
    func `Where nothing came behind the end, the cursor is moved over it`(way: Way) throws {
        ledger.renew(losing: 1, remembers: true)
        let subscriber = Subscriber(world, way, start: "after=\(new[0])&open=id")
        try subscriber.readAll()
        #expect(subscriber.items == [lost(after: new[0], resumedAt: nil)])
        try world.publish("f")
        try subscriber.readAll()
        #expect(subscriber.items.dropFirst() == [event(world.id(4), "f")])
    }

    @Test(arguments: Way.allCases)
    func `Who waits when a life ends that the next one knows is told of the loss, and repeats nothing`(
        way: Way
    ) throws {
        let subscriber = Subscriber(world, way, start: "after=\(new[0])")
        try subscriber.readAll()
        ledger.renew(losing: 1, remembers: true)
        try world.publish("f")
        try subscriber.readAll()
        let cursor = new[1]
        #expect(
            subscriber.items == [
                event(new[1], "e"), lost(after: cursor, resumedAt: world.id(4)), event(world.id(4), "f"),
            ])
    }

    @Test(arguments: Way.allCases)
    func `A page that is on its way when a life ends is asked for again, from the same cursor`(way: Way) throws {
        for cursor in [old[0], old[2]] {
            let subscriber = Subscriber(world, way, start: "after=\(cursor)")
            ledger.hold()
            try subscriber.connect()
            world.run()
            ledger.renew(remembers: true)
            world.run()
            ledger.deliver()
            try subscriber.readAll()
            let gaps = subscriber.items.compactMap { if case .gap(let gap) = $0 { gap.after } else { nil } }
            #expect(gaps.first == (cursor == old[0] ? old[1] : cursor))
            #expect(subscriber.items.filter { newEvents.contains($0) } == newEvents)
        }
    }

    @Test func `A publication that is sent again is answered with the id that it was given`() throws {
        let receipt = Receipt(first: Position(rawValue: 2), count: 1, time: 0)
        let publish = try PublishRequest(
            request("/", method: .POST, ["Content-Type": "text/plain"], body: [0x78]),
            channel: try ChannelName("a"), limits: TransportConfiguration())
        let lineage = world.bridge.life.lineage
        let response = PublishAnswer.response(.success(.replayed(receipt)), to: publish, in: lineage)
        #expect(response.headers["Last-Event-ID"] == [old[1]])
    }
}
