import Channels
import TestSupport
import Testing

@testable import Doors
@testable import Fanout

/// From the same cursor every transport yields the same events.
@Suite struct SameEventsTests {
    private typealias Item = Subscriber.Item

    private static let texts = [
        "", "x", " blanks ", "a\nb\n", "\n", "data: x\n\nid: y\n", "é😀\u{2028}", #"{"a":"b"}"#, "a\0b", ":",
        "\u{FEFF}x",
        String(repeating: "long ", count: 100),
    ]

    /// Publishes events of all kinds in two channels; returns those of `a` and `b` as any client must see them.
    private func fill(_ world: World) throws -> [Item] {
        var items: [Item] = []
        for (index, text) in Self.texts.enumerated() {
            let (channel, type) = (["a", "b", "c"][index % 3], ["", "price", "é"][index / 3 % 3])
            let id = try world.publish(text, to: channel, type: type)
            if channel != "c" { items.append(.event(id: id, type: type.isEmpty ? "message" : type, data: text)) }
        }
        return items
    }

    @Test(arguments: Way.allCases)
    func `From the earliest on all that is kept comes`(way: Way) throws {
        let world = try World()
        let items = try fill(world)
        let subscriber = Subscriber(world, way, channels: ["a", "b"], start: "since=earliest")
        try subscriber.readAll()
        #expect(subscriber.items == items)
    }

    @Test(arguments: Way.allCases)
    func `From a cursor on all that is later comes`(way: Way) throws {
        let world = try World()
        let first = try fill(world)
        let subscriber = Subscriber(world, way, channels: ["a", "b"], start: "after=" + world.id(world.bridge.head))
        try subscriber.readAll()
        #expect(subscriber.items.isEmpty)
        let second = try fill(world)
        try subscriber.readAll()
        #expect(subscriber.items == second)
        #expect(first.count == second.count)
    }

    @Test(arguments: Way.allCases)
    func `The last few are those of all channels together`(way: Way) throws {
        let world = try World()
        let items = try fill(world)
        let subscriber = Subscriber(world, way, channels: ["b", "a"], start: "since=-5")
        try subscriber.readAll()
        #expect(subscriber.items == items.suffix(5))
    }

    @Test(arguments: Way.allCases)
    func `From now on comes what is published later`(way: Way) throws {
        let world = try World()
        _ = try fill(world)
        let subscriber = Subscriber(world, way, channels: ["a", "b"])
        try subscriber.connect()
        // An answer of JSON tells where it ends in any case; a stream without an event must not be lost.
        if way == .pollInterval { try subscriber.readAll() }
        let items = try fill(world)
        try subscriber.readAll()
        #expect(subscriber.items == items)
    }

    @Test(arguments: Way.allCases)
    func `What is published while nobody is connected comes with the next connection`(way: Way) throws {
        let world = try World()
        let subscriber = Subscriber(world, way, channels: ["a", "b"], start: "since=earliest")
        let first = try fill(world)
        try subscriber.readAll()
        subscriber.disconnect()
        let second = try fill(world)
        try subscriber.readAll()
        #expect(subscriber.items == first + second)
    }

    @Test(arguments: Way.allCases)
    func `A gap is told first, and then what is kept`(way: Way) throws {
        let world = try World(kept: 3)
        let cursor = try world.publish("1")
        for number in 2...6 { try world.publish("\(number)") }
        let subscriber = Subscriber(world, way, start: "after=" + cursor)
        try subscriber.readAll()
        let gap = PollAnswer.Gap(reason: "trimmed", after: cursor, resumedAt: world.id(4))
        let kept = (4...6).map { Item.event(id: world.id(UInt64($0)), type: "message", data: "\($0)") }
        #expect(subscriber.items == [.gap(gap)] + kept)
    }

    @Test(arguments: Way.allCases, ["é", "x-1", "0000000000-1", "-", "nonsense"])
    func `A cursor of another life or of none is a gap, and all that is kept follows`(way: Way, cursor: String) throws {
        let world = try World()
        try world.publish("1")
        try world.publish("2")
        let subscriber = Subscriber(world, way, start: "after=" + cursor)
        try subscriber.readAll()
        let reason = cursor.contains("-1") ? "epoch" : "unknown"
        let gap = PollAnswer.Gap(reason: reason, after: cursor, resumedAt: world.id(1))
        let kept = (1...2).map { Item.event(id: world.id(UInt64($0)), type: "message", data: "\($0)") }
        #expect(subscriber.items == [.gap(gap)] + kept)
    }

    @Test(arguments: Way.allCases)
    func `A cursor beyond the newest event is a gap`(way: Way) throws {
        let world = try World()
        try world.publish("1")
        let subscriber = Subscriber(world, way, start: "after=" + world.id(2))
        try subscriber.readAll()
        #expect(subscriber.items.first == .gap(.init(reason: "unknown", after: world.id(2), resumedAt: world.id(1))))
        #expect(subscriber.items.count == 2)
    }

    @Test(arguments: Way.allCases)
    func `A gap is told at once, also where nothing follows`(way: Way) throws {
        let world = try World()
        let cursor = try world.publish("1")
        try world.publish("2")
        try world.drop()
        let subscriber = Subscriber(world, way, start: "after=" + cursor)
        try subscriber.connect()
        try subscriber.collect()
        #expect(subscriber.items == [.gap(.init(reason: "trimmed", after: cursor, resumedAt: nil))])
    }

    @Test(arguments: Way.allCases)
    func `Who had everything that was dropped is told of no gap`(way: Way) throws {
        let world = try World(kept: 2)
        for number in 1...5 { try world.publish("\(number)") }
        let subscriber = Subscriber(world, way, start: "after=" + world.id(3))
        try subscriber.readAll()
        #expect(subscriber.items.count == 2)
        try world.drop()
        subscriber.disconnect()
        try subscriber.readAll()
        #expect(subscriber.items.count == 2)
    }
}
