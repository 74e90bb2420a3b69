import Channels
import EventStream
import TestSupport
import Testing

@testable import Doors
@testable import Fanout

/// A ledger that changes from outside while readers of all transports are under way.
@Suite struct LivesTests {
    private typealias Item = Subscriber.Item

    private let ledger = ScriptedLedger()
    private let world: World

    init() {
        self.world = World(self.ledger)
    }

    private func commitElsewhere(_ data: String, to channel: String = "a") throws {
        self.ledger.commitElsewhere(
            Publication(channel: try ChannelName(channel), drafts: [try Draft(data: Array(data.utf8))]))
    }

    private func event(_ number: UInt64, _ data: String) -> Item {
        .event(id: self.world.id(number), type: "message", data: data)
    }

    private func gap(after: String, resumedAt: UInt64?) -> Item {
        .gap(PollAnswer.Gap(reason: "epoch", after: after, resumedAt: resumedAt.map(self.world.id)))
    }

    @Test(arguments: Way.allCases)
    func `What another server has published comes to who waits for it`(way: Way) throws {
        let subscriber = Subscriber(world, way)
        try subscriber.readAll()
        try commitElsewhere("a")
        try subscriber.readAll()
        #expect(subscriber.items == [event(1, "a")])
    }

    @Test(arguments: Way.allCases)
    func `Who waits when another life begins is told of a gap, and is given all that is kept`(way: Way) throws {
        let subscriber = Subscriber(world, way)
        try world.publish("a", "b")
        try subscriber.connect()
        try subscriber.readAll()
        let cursor = world.id(world.bridge.head)
        ledger.renew(losing: 1)
        try world.publish("c")
        try subscriber.readAll()
        #expect(subscriber.items == [gap(after: cursor, resumedAt: 1), event(1, "a"), event(2, "c")])
    }

    @Test(arguments: Way.allCases)
    func `A gap without events behind it moves the cursor of a poll, and what comes later comes once`(way: Way) throws {
        let subscriber = Subscriber(world, way)
        try world.publish("a")
        try subscriber.readAll()
        let cursor = world.id(world.bridge.head)
        ledger.renew(losing: 1)
        try subscriber.readAll()
        #expect(subscriber.items == [gap(after: cursor, resumedAt: nil)])
        try world.publish("b")
        try subscriber.readAll()
        #expect(subscriber.items.last == event(1, "b"))
        #expect(subscriber.items.count { if case .event = $0 { true } else { false } } == 1)
    }

    @Test(arguments: Way.allCases)
    func `A page that is on its way when another life begins is of no use, and is asked for again`(way: Way) throws {
        try world.publish("a", "b")
        let first = world.id(1)
        for start in ["since=earliest", "after=\(first)"] {
            let subscriber = Subscriber(world, way, start: start)
            ledger.hold()
            try subscriber.connect()
            world.run()
            ledger.renew(losing: 1)
            world.run()
            ledger.deliver()
            try subscriber.readAll()
            let events = [event(1, "a")]
            #expect(subscriber.items == (start.hasPrefix("after") ? [gap(after: first, resumedAt: 1)] : []) + events)
            try world.publish("b")
        }
    }

    @Test func `A stream that its client does not take is told of the gap where it goes on`() throws {
        let exchange = try world.read("transport=sse&since=now&open=id")
        exchange.takesWrites = false
        try world.publish("a")
        world.run()
        ledger.renew(losing: 1)
        world.run()
        try world.publish("b")
        exchange.unblock()
        world.run()
        #expect(exchange.events.map(\.type) == ["message", "pollux.gap", "message"])
        #expect(exchange.events.last?.lastEventID == world.id(1))
    }

    @Test func `A poll that begins within a delivery, in another life, lets nobody stay behind`() throws {
        var next: FakeExchange?
        var isArmed = false
        let stream = try world.read("transport=sse&since=now") { [ledger, world] _ in
            guard isArmed, next == nil else { return }
            ledger.renew()
            next = try? world.read("transport=poll&since=earliest&wait=0")
        }
        isArmed = true
        try world.publish("a")
        world.run()
        #expect(next?.isEnded == true)
        try world.publish("b")
        world.run()
        #expect(stream.events.map(\.type) == ["message", "pollux.gap", "message", "message"])
        #expect(stream.events.last?.lastEventID == world.id(2))
    }

    @Test func `A publisher is answered with an id of the life in which the event is kept`() throws {
        let publishers = LoopPublishers(world.readers)
        var ids: [EventID] = []
        for _ in 0..<2 {
            let publication = Publication(channel: try ChannelName("a"), drafts: [try Draft(data: [])])
            publishers.publish(publication) { result, life in
                if case .success(.appended(let receipt)) = result { ids.append(life.id(receipt.last)) }
            }
            world.run()
            ledger.renew(losing: 1)
        }
        #expect(ids.count == 2 && Set(ids).count == 2)
        #expect(ids.map(\.position) == [Position(rawValue: 1), Position(rawValue: 1)])
    }

    @Test(arguments: Way.allCases)
    func `A store that is lost for a while is noticed by those who want to read from it`(way: Way) throws {
        try world.publish("a")
        let reader = Subscriber(world, way)
        try reader.connect()
        world.run()
        ledger.lose()
        try reader.collect()
        ledger.find()
        try commitElsewhere("b")
        try reader.readAll()
        #expect(reader.items == [event(2, "b")])
    }
}
