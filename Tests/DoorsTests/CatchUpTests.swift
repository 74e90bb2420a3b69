import Channels
import EventStream
import HTTPServing
import NIOCore
import Testing

@testable import Doors
@testable import Fanout

/// Readers that are behind.
@Suite struct CatchUpTests {
    private func data(_ exchange: FakeExchange) -> [String] { exchange.events.map(\.data) }

    @Test func `A reader whose connection takes nothing is written nothing more`() throws {
        let world = try World()
        let exchange = try world.read("transport=sse")
        exchange.takesWrites = false
        for number in 1...10 {
            try world.publish("\(number)")
            world.run()
        }
        #expect(data(exchange) == ["1"])
    }

    @Test func `A reader whose connection takes again goes on where it was, in few writes`() throws {
        let world = try World()
        let exchange = try world.read("transport=sse")
        exchange.takesWrites = false
        for number in 1...100 {
            try world.publish("\(number)")
            world.run()
        }
        exchange.unblock()
        #expect(data(exchange) == (1...100).map(String.init))
        #expect(exchange.writes.count == 3)
        #expect(world.ledger.readCount == 0)
        try world.publish("101")
        world.run()
        #expect(data(exchange).last == "101")
    }

    @Test func `A reader that is slow delays nobody`() throws {
        let world = try World()
        let slow = try world.read("transport=sse")
        let quick = try world.read("transport=sse")
        slow.takesWrites = false
        for number in 1...10 {
            try world.publish("\(number)")
            world.run()
            #expect(data(quick).last == "\(number)")
        }
        slow.unblock()
        #expect(data(slow) == data(quick))
    }

    @Test func `A reader that takes one write at a time gets everything`() throws {
        let world = try World()
        let exchange = try world.read("transport=sse&since=earliest", takesWrites: false)
        for number in 1...50 {
            try world.publish("\(number)")
            world.run()
            exchange.delegate?.writable()
        }
        exchange.unblock()
        #expect(data(exchange) == (1...50).map(String.init))
    }

    @Test func `Where the log does not reach the ledger is read, and nothing lost`() throws {
        let world = try World(kept: 1_000, logEvents: 10)
        let exchange = try world.read("transport=sse")
        exchange.takesWrites = false
        for number in 1...500 {
            try world.publish("\(number)")
            world.run()
        }
        exchange.unblock()
        #expect(data(exchange) == (1...500).map(String.init))
        #expect(world.ledger.readCount > 0)
    }

    @Test func `Where the ledger has dropped what the reader missed a gap is told in its place`() throws {
        let world = try World(kept: 20, logEvents: 10)
        let exchange = try world.read("transport=sse")
        exchange.takesWrites = false
        for number in 1...100 {
            try world.publish("\(number)")
            world.run()
        }
        exchange.unblock()
        let events = exchange.events
        #expect(events.first?.data == "1")
        #expect(events.dropFirst().first?.type == "pollux.gap")
        let gap = PollAnswer.Gap(try #require(events.dropFirst().first?.data))
        #expect(gap == .init(reason: "trimmed", after: world.id(1), resumedAt: world.id(81)))
        #expect(events.dropFirst(2).map(\.data) == (81...100).map(String.init))
    }

    @Test func `More at once than the log holds is read from the ledger by everybody`() throws {
        let world = try World(kept: 1_000, logEvents: 10)
        let exchanges = try (0..<3).map { _ in try world.read("transport=sse") }
        for number in 1...100 { try world.publish("\(number)") }
        world.run()
        for exchange in exchanges { #expect(data(exchange) == (1...100).map(String.init)) }
        try world.publish("101")
        world.run()
        for exchange in exchanges { #expect(data(exchange).last == "101") }
    }

    @Test func `What is published while the ledger is read comes behind it, once`() throws {
        let world = try World()
        for number in 1...10 { try world.publish("\(number)") }
        world.ledger.hold()
        let exchange = try world.read("transport=sse&since=earliest")
        world.run()
        #expect(exchange.text.isEmpty)
        for number in 11...20 { try world.publish("\(number)") }
        world.run()
        world.ledger.release()
        world.run()
        try world.publish("21")
        world.run()
        #expect(data(exchange) == (1...21).map(String.init))
    }

    @Test func `A client that goes while the ledger is read is written nothing`() throws {
        let world = try World()
        try world.publish("1")
        world.ledger.hold()
        let exchange = try world.read("transport=sse&since=earliest")
        exchange.disconnect()
        world.ledger.release()
        world.run()
        #expect(!exchange.hasBegunStream)
    }

    @Test func `A long history is read without going deeper with each page`() throws {
        let world = try World(kept: 1_000, logEvents: 1)
        // Each of these fills a page of its own.
        let text = String(repeating: "x", count: Feed.batchLimit.bytes)
        for _ in 0..<200 { try world.publish(text) }
        var depths: [UInt] = []
        _ = try world.read("transport=sse&since=earliest") { _ in
            var local = 0
            withUnsafePointer(to: &local) { depths.append(UInt(bitPattern: $0)) }
        }
        #expect(depths.count >= 200)
        #expect(try #require(depths.max()) - #require(depths.min()) < 16_384)
    }

    @Test func `A reader that was slow for long is still woken when it has caught up`() throws {
        let world = try World()
        let exchange = try world.read("transport=sse")
        exchange.takesWrites = false
        try world.publish("1")
        world.run()
        world.advance(by: .minutes(5))
        exchange.unblock()
        try world.publish("2")
        world.run()
        #expect(data(exchange) == ["1", "2"])
    }

    @Test func `A reader that waited long for the ledger is still woken when it has caught up`() throws {
        let world = try World()
        world.ledger.hold()
        let exchange = try world.read("transport=sse&since=earliest")
        world.advance(by: .minutes(5))
        world.ledger.release()
        try world.publish("1")
        world.run()
        #expect(data(exchange) == ["1"])
    }
}
