import Channels
import EventStream
import HTTPServing
import NIOCore
import Testing

@testable import Doors
@testable import Fanout

/// What readers of the same channels share.
@Suite struct FeedTests {
    @Test func `Readers of the same channels are given the same bytes`() throws {
        let world = try World()
        let exchanges = try (0..<3).map { _ in try world.read("transport=sse") }
        try world.publish("x")
        world.run()
        let addresses = exchanges.map { $0.writes.last?.withUnsafeReadableBytes { $0.baseAddress } }
        #expect(addresses[0] != nil)
        #expect(Set(addresses).count == 1)
    }

    @Test func `What is published before the loop comes round goes out in one write`() throws {
        let world = try World()
        let exchange = try world.read("transport=sse")
        for number in 1...10 { try world.publish("\(number)") }
        world.run()
        #expect(exchange.writes.count == 2)
        #expect(exchange.events.count == 10)
    }

    @Test func `Readers of several channels get their events in one order`() throws {
        let world = try World()
        let exchange = try world.read("transport=sse", from: ["a", "b", "c"])
        for number in 1...30 {
            try world.publish("\(number)", to: ["c", "a", "x", "b"][number % 4])
            if number % 7 == 0 { world.run() }
        }
        world.run()
        #expect(exchange.events.map(\.data) == (1...30).filter { $0 % 4 != 2 }.map(String.init))
    }

    @Test func `Events of other channels are not given`() throws {
        let world = try World()
        let exchange = try world.read("transport=sse")
        try world.publish("x", to: "b")
        world.run()
        #expect(exchange.events.isEmpty)
        #expect(exchange.writes.count == 1)
    }

    @Test func `A reader that goes leaves the others`() throws {
        let world = try World()
        let exchanges = try (0..<4).map { _ in try world.read("transport=sse") }
        for index in [0, 3] { exchanges[index].disconnect() }
        try world.publish("x")
        world.run()
        #expect(exchanges.map(\.events.count) == [0, 1, 1, 0])
        exchanges[1].disconnect()
        try world.publish("y")
        world.run()
        #expect(exchanges.map(\.events.count) == [0, 1, 2, 0])
    }

    /// What happens to one of three readers while all are given an event.
    enum Mishap: CaseIterable {
        case closes, blocks, closesAndBlocks
    }

    @Test(arguments: Mishap.allCases, 0..<3)
    func `What happens to a reader while it is given an event does not touch the others`(
        mishap: Mishap, index: Int
    ) throws {
        let world = try World()
        let exchanges = try (0..<3).map { _ in try world.read("transport=sse") }
        exchanges[index].onWrite = { exchange in
            if mishap != .blocks { exchange.disconnect() }
            if mishap != .closes { exchange.takesWrites = false }
        }
        for text in ["x", "y", "z"] {
            try world.publish(text)
            world.run()
        }
        #expect(exchanges.indices.map { exchanges[$0].events.count } == (0..<3).map { $0 == index ? 1 : 3 })
    }

    /// A connection that asks again as soon as it is answered, from within the answer, as a pipelining client does.
    private final class Pipeline {
        let world: World
        var answers: [PollAnswer] = []
        private var exchange: FakeExchange?

        init(_ world: World) {
            self.world = world
        }

        func ask(after cursor: String) throws {
            // The answer may come before `read` returns, or later: then from within `Feed.deliver`.
            let exchange = try self.world.read("transport=poll&after=" + cursor)
            self.exchange = exchange
            try self.takeAnswer()
        }

        func takeAnswer() throws {
            guard let response = self.exchange?.response else { return }
            self.exchange = nil
            let answer = try PollAnswer(response)
            self.answers.append(answer)
            try self.ask(after: answer.next)
        }
    }

    @Test func `Readers that come while others are given an event get what follows, once`() throws {
        let world = try World()
        let stream = try world.read("transport=sse")
        var late: [FakeExchange] = []
        stream.onWrite = { _ in
            guard late.count < 3 else { return }
            if let exchange = try? world.read("transport=sse") { late.append(exchange) }
            _ = try? world.publish("later")
        }
        try world.publish("first")
        world.run()
        #expect(late.count == 3)
        #expect(stream.events.map(\.data) == ["first", "later", "later", "later"])
        #expect(late.map { $0.events.map(\.data) } == [["later", "later", "later"], ["later", "later"], ["later"]])
    }

    @Test func `A poll that is asked as soon as the last is answered misses nothing`() throws {
        let world = try World()
        let pipeline = Pipeline(world)
        try pipeline.ask(after: world.id(0))
        for number in 1...20 {
            try world.publish("\(number)")
            if number % 3 == 0 { world.run() }
            try pipeline.takeAnswer()
        }
        world.run()
        try pipeline.takeAnswer()
        #expect(pipeline.answers.flatMap(\.events).map(\.data) == (1...20).map(String.init))
    }

    @Test func `Feeds that nobody reads are let go, and made again when they are read`() throws {
        let world = try World()
        weak var feed: Feed?
        feed = world.readers.feed(of: Selection(try ChannelName("a")))
        try world.read("transport=sse").disconnect()
        world.advance(by: .seconds(60))
        #expect(feed == nil)
        let exchange = try world.read("transport=sse")
        try world.publish("x")
        world.run()
        #expect(exchange.events.count == 1)
    }

    @Test func `A reader that goes in the middle of beginning leaves the feed to the others`() throws {
        let world = try World()
        for _ in 0..<2 { try world.publish("x") }
        let other = try world.read("transport=sse")
        let going = try world.read(
            "transport=sse&budget=1&after=nonsense", takesWrites: false, onWrite: { $0.disconnect() })
        #expect(going.isGone)
        world.advance(by: .minutes(1))
        try world.publish("y")
        world.run()
        #expect(other.events.map(\.data) == ["y"])
    }

    @Test func `Feeds that are read are kept`() throws {
        let world = try World()
        let exchange = try world.read("transport=sse")
        world.advance(by: .hours(1))
        try world.publish("x")
        world.run()
        #expect(exchange.events.count == 1)
    }
}
