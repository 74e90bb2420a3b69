import Channels
import EventStream
import HTTPServing
import NIOCore
import NIOHTTP1
import Testing

@testable import Doors
@testable import Fanout

/// How readers end when the server stops.
@Suite struct DrainTests {
    private func drain(_ exchange: FakeExchange) {
        exchange.delegate?.drain()
        #expect(exchange.isEnded)
    }

    @Test func `Streams end whole, each with another time to come back`() throws {
        let world = try World()
        var times: Set<String> = []
        for _ in 0..<40 {
            let exchange = try world.read("transport=sse")
            try world.publish("x")
            world.run()
            drain(exchange)
            let last = try #require(exchange.pieces.last)
            let time = try #require(try /retry: (\d+)\n/.wholeMatch(in: last)?.output.1)
            #expect((1_000...6_000).contains(try #require(Int(time))))
            times.insert(String(time))
            #expect(exchange.events.count == 1)
        }
        #expect(times.count > 10)
    }

    @Test func `A stream that ends is given nothing more`() throws {
        let world = try World()
        let exchange = try world.read("transport=sse")
        try world.publish("x")
        drain(exchange)
        world.run()
        #expect(exchange.events.isEmpty)
    }

    @Test func `A stream whose connection takes nothing ends whole all the same`() throws {
        let world = try World()
        let exchange = try world.read("transport=sse", takesWrites: false)
        try world.publish("x")
        drain(exchange)
        #expect(exchange.text.wholeMatch(of: /retry: 3000\nretry: \d+\n/) != nil)
    }

    @Test func `A held poll is answered with where it goes on`() throws {
        let world = try World()
        try world.publish("x")
        let exchange = try world.read("transport=poll")
        drain(exchange)
        let answer = try PollAnswer(exchange.response)
        #expect(answer.events.isEmpty)
        #expect(answer.next == world.id(1))
    }

    @Test func `A held poll as an event stream is told to come back at a time of its own`() throws {
        let world = try World()
        var texts: Set<String> = []
        for _ in 0..<40 {
            let exchange = try world.read("transport=poll-sse&after=" + world.id(0))
            drain(exchange)
            #expect(exchange.text.wholeMatch(of: /retry: \d+\n/) != nil)
            texts.insert(exchange.text)
        }
        #expect(texts.count > 10)
    }

    // MARK: While the ledger is read

    @Test func `A stream that has not begun is told when to come back`() throws {
        let world = try World()
        world.ledger.hold()
        let exchange = try world.read("transport=sse&since=earliest")
        drain(exchange)
        #expect(exchange.head?.status == .ok)
        #expect(exchange.text.wholeMatch(of: /retry: \d+\n/) != nil)
        world.ledger.release()
    }

    @Test func `A poll of which nothing is known yet is refused for a while, not given a cursor`() throws {
        let world = try World()
        world.ledger.hold()
        for query in ["since=earliest", "since=-3", "after=nonsense"] {
            let exchange = try world.read("transport=poll&" + query)
            drain(exchange)
            #expect(exchange.response?.status == .serviceUnavailable)
            #expect(exchange.response?.headers.contains(name: "Retry-After") == true)
            #expect(exchange.response?.headers.contains(name: "Last-Event-ID") == false)
        }
    }

    @Test func `A reader in the middle of its history goes on there`() throws {
        let world = try World(kept: 1_000, logEvents: 1)
        let exchange = try world.read("transport=sse")
        exchange.takesWrites = false
        for number in 1...9 {
            try world.publish("\(number)")
            world.run()
        }
        world.ledger.hold()
        exchange.unblock()
        drain(exchange)
        world.ledger.release()
        #expect(exchange.events.map(\.data) == ["1"])
        let next = try world.read("transport=sse&after=" + world.id(1))
        #expect(next.events.map(\.data) == (2...9).map(String.init))
    }

    @Test func `A poll that has read a part is answered with it`() throws {
        let world = try World(kept: 100, logEvents: 1)
        for _ in 1...3 { try world.publish(String(repeating: "x", count: Feed.batchLimit.bytes)) }
        let exchange = try world.readHolding("transport=poll&after=" + world.id(0))
        drain(exchange)
        let answer = try PollAnswer(exchange.response)
        #expect(answer.events.map(\.id) == [world.id(1)])
        #expect(answer.next == world.id(1))
        world.ledger.release()
    }
}
