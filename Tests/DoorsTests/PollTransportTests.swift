import Channels
import EventStream
import HTTPServing
import NIOCore
import NIOHTTP1
import Testing

@testable import Doors
@testable import Fanout

/// The reader that leaves after one batch.
@Suite struct PollTransportTests {
    private func data(_ exchange: FakeExchange) throws -> [String] {
        try PollAnswer(exchange.response).events.map(\.data)
    }

    @Test func `A poll with something to give is answered at once`() throws {
        let world = try World()
        try world.publish("1")
        try world.publish("2")
        let exchange = try world.read("transport=poll&after=" + world.id(0))
        #expect(try data(exchange) == ["1", "2"])
    }

    @Test func `A poll is held until there is an event, and answered with all there are`() throws {
        let world = try World()
        let exchange = try world.read("transport=poll")
        #expect(exchange.response == nil)
        #expect(exchange.secondsLeft == 25)
        for number in 1...3 { try world.publish("\(number)") }
        world.run()
        #expect(try data(exchange) == ["1", "2", "3"])
        try world.publish("4")
        world.run()
    }

    @Test func `A poll is answered with as many events as it asked for, and the cursor behind them`() throws {
        let world = try World()
        for number in 1...5 { try world.publish("\(number)") }
        let answer = try PollAnswer(try world.read("transport=poll&limit=2&since=earliest").response)
        #expect(answer.events.map(\.data) == ["1", "2"])
        #expect(answer.next == world.id(2))
    }

    @Test func `A held poll with a limit gets the first of many`() throws {
        let world = try World()
        let exchange = try world.read("transport=poll&limit=1")
        for number in 1...3 { try world.publish("\(number)") }
        world.run()
        #expect(try data(exchange) == ["1"])
        #expect(try PollAnswer(exchange.response).next == world.id(1))
    }

    private let large = String(repeating: "x", count: Feed.batchLimit.bytes - 1)

    @Test func `A poll is answered with all there is, also where that is more than is read at once`() throws {
        let world = try World()
        let held = try world.read("transport=poll")
        for _ in 1...5 { try world.publish(large) }
        world.run()
        let late = try world.read("transport=poll&after=" + world.id(0))
        for exchange in [held, late] {
            let answer = try PollAnswer(exchange.response)
            #expect(answer.events.count == 5)
            #expect(answer.next == world.id(5))
        }
    }

    @Test func `A poll's answer ends when it is large`() throws {
        let world = try World()
        world.configuration.pollSize = 2 * large.utf8.count
        for _ in 1...5 { try world.publish(large) }
        let answer = try PollAnswer(try world.read("transport=poll&since=earliest").response)
        #expect(answer.events.count == 2)
        #expect(answer.next == world.id(2))
    }

    @Test func `What was read for a poll before a gap is given before it is told`() throws {
        let world = try World(kept: 3, logEvents: 1)
        for _ in 1...3 { try world.publish(large) }
        let exchange = try world.readHolding("transport=poll-sse&after=" + world.id(0))
        for _ in 1...5 { try world.publish(large) }
        world.ledger.release()
        #expect(exchange.events.map(\.lastEventID) == [world.id(1)])
        let next = try world.read("transport=poll-sse&after=" + world.id(1))
        #expect(next.events.map(\.type) == ["pollux.gap", "message", "message", "message"])
    }

    @Test func `When its wait is over a poll is answered with a cursor and nothing else`() throws {
        let world = try World()
        try world.publish("x")
        let exchange = try world.read("transport=poll&wait=7")
        #expect(exchange.secondsLeft == 7)
        exchange.reachDeadline()
        let answer = try PollAnswer(exchange.response)
        #expect(answer.events.isEmpty && answer.gap == nil)
        #expect(answer.next == world.id(1))
    }

    @Test func `An interval poll is answered at once, also with nothing`() throws {
        let world = try World()
        try world.publish("x")
        let answer = try PollAnswer(try world.read("transport=poll&wait=0").response)
        #expect(answer.events.isEmpty)
        #expect(answer.next == world.id(1))
        try world.publish("y")
        let next = try world.read("transport=poll&wait=0&after=" + answer.next)
        #expect(try data(next) == ["y"])
    }

    @Test func `The cursor of an empty answer is behind what other channels had`() throws {
        let world = try World()
        let exchange = try world.read("transport=poll")
        let other = try world.read("transport=poll", from: ["a", "b"])
        try world.publish("x", to: "b")
        world.run()
        #expect(try data(other) == ["x"])
        exchange.reachDeadline()
        #expect(try PollAnswer(exchange.response).events.isEmpty)
    }

    @Test func `A poll is not held longer than it asked for, whatever becomes of the log`() throws {
        let world = try World(totalLogBytes: 10)
        let streams = [try world.read("transport=sse", from: ["a"]), try world.read("transport=sse", from: ["b"])]
        try world.publish("x", to: "a")
        world.run()
        let exchange = try world.read("transport=poll&wait=60")
        let deadline = try #require(exchange.deadline)
        // The log of `a` is let go of for the sake of `b`'s, and `a`'s readers have to look into the ledger.
        try world.publish(String(repeating: "x", count: 100), to: "b")
        let reads = world.ledger.readCount
        _ = try world.read("transport=sse")
        #expect(world.ledger.readCount > reads)
        #expect(streams.map(\.events.count) == [1, 0])
        #expect(exchange.response == nil)
        #expect(exchange.deadline == deadline)
    }

    @Test func `Polls that are given all of a batch share its bytes`() throws {
        let world = try World()
        let exchanges = try (0..<2).map { _ in try world.read("transport=poll") }
        try world.publish("x")
        world.run()
        let addresses = exchanges.map { $0.response?.body?.withUnsafeReadableBytes { $0.baseAddress } }
        #expect(addresses[0] != nil)
        #expect(addresses[0] == addresses[1])
    }

    @Test func `Polls that are answered that there is nothing share the answer's bytes`() throws {
        let world = try World()
        let exchanges = try ["wait=0", "wait=0", "wait=1"].map { try world.read("transport=poll&" + $0) }
        exchanges[2].reachDeadline()
        let addresses = exchanges.map { $0.response?.body?.withUnsafeReadableBytes { $0.baseAddress } }
        #expect(addresses[0] != nil)
        #expect(Set(addresses).count == 1)
        try world.publish("x")
        let next = try world.read("transport=poll&wait=0")
        #expect(try PollAnswer(next.response).next == world.id(1))
    }

    @Test func `A channel and a time are told with each event`() throws {
        let world = try World()
        try world.publish("x", to: "é/b", type: "price")
        let exchange = try world.read("transport=poll&since=earliest", from: ["é/b", "a"])
        let event = try #require(try PollAnswer(exchange.response).events.first)
        #expect((event.channel, event.type, event.data) == ("é/b", "price", "x"))
        #expect(abs(event.time - WallClock.system.milliseconds()) < 60_000)
    }

    @Test func `A poll whose client has closed its half is held for a few seconds, and gets what comes until then`()
        throws
    {
        let world = try World()
        let exchange = try world.read("transport=poll&wait=60")
        #expect(exchange.secondsLeft == 60)
        exchange.closeInput()
        #expect(exchange.secondsLeft == 5)
        try world.publish("x")
        world.run()
        #expect(try PollAnswer(exchange.response).events.map(\.data) == ["x"])
        let short = try world.read("transport=poll&wait=2")
        short.closeInput()
        #expect(short.secondsLeft == 2)
        short.reachDeadline()
        #expect(try PollAnswer(short.response).events.isEmpty)
    }

    @Test func `A poll that the ledger fails is refused for a while`() throws {
        let world = try World()
        world.ledger.fail(with: LedgerError(.full, "disk full"))
        let response = try #require(try world.read("transport=poll&since=earliest").response)
        #expect(response.status == .serviceUnavailable)
        #expect(response.headers.contains(name: "Retry-After"))
    }

    @Test func `A poll's answer is not kept by caches, and names the cursor`() throws {
        let epoch = try #require(Epoch(Array("e".utf8)[...]))
        let batch = Batch(Lineage(epoch), after: .zero, events: [], through: Position(rawValue: 5))
        let headers = PollContent.response(batch, gap: nil).headers
        #expect(headers["Content-Type"] == ["application/json"])
        #expect(headers["Cache-Control"] == ["no-store"])
        #expect(headers["X-Content-Type-Options"] == ["nosniff"])
        #expect(headers["Last-Event-ID"] == ["e-5"])
    }

    // MARK: As an event stream

    @Test func `A poll as an event stream is a whole answer with a short reconnection time`() throws {
        let world = try World()
        try world.publish("x")
        let exchange = try world.read("transport=poll-sse&after=" + world.id(0))
        let response = try #require(exchange.response)
        #expect(response.headers["Content-Type"] == ["text/event-stream"])
        #expect(response.headers["Last-Event-ID"] == [world.id(1)])
        #expect(exchange.text == "retry: 100\ndata: x\nid: \(world.id(1))\n\n")
    }

    @Test func `Without a cursor a poll as an event stream begins with the id where it began`() throws {
        let world = try World()
        try world.publish("x")
        let exchange = try world.read("transport=poll-sse&padding=5")
        try world.publish("y")
        world.run()
        #expect(exchange.text == "retry: 100\n:   \nid: \(world.id(1))\n\ndata: y\nid: \(world.id(2))\n\n")
    }

    @Test func `An empty poll as an event stream leaves the cursor where it began`() throws {
        let world = try World()
        try world.publish("x")
        let exchange = try world.read("transport=poll-sse&wait=0")
        #expect(exchange.text == "retry: 100\nid: \(world.id(1))\n\n")
        let next = try world.read("transport=poll-sse&wait=0&after=" + world.id(1))
        #expect(next.text == "retry: 100\n")
    }

    @Test func `An id that a browser would forget stands on an event, also in a poll`() throws {
        let world = try World()
        try world.publish("x")
        let exchange = try world.read("transport=poll-sse&wait=0&open=event")
        #expect(exchange.text == "retry: 100\nevent: pollux.heartbeat\ndata: 0\nid: \(world.id(1))\n\n")
        #expect(try world.read("transport=poll-sse&wait=0&open=none").text == "retry: 100\n")
    }

    @Test(arguments: [("", 2), ("&open=none", 2), ("&open=event", 2)])
    func `A gap with nothing behind it moves the cursor in every form`(query: String, position: UInt64) throws {
        let world = try World()
        let cursor = try world.publish("1")
        try world.publish("2")
        try world.drop()
        let exchange = try world.read("transport=poll-sse&after=\(cursor)\(query)")
        #expect(exchange.text.hasSuffix("id: \(world.id(2))\n\n"))
    }

    @Test func `An answer ends with the event that fills it, however much was read at once`() throws {
        let world = try World()
        world.configuration.pollSize = 10
        for data in ["abcdef", "ghijkl", "mnopqr"] { try world.publish(data) }
        let answer = try PollAnswer(try world.read("transport=poll&after=" + world.id(0)).response)
        #expect(answer.events.map(\.data) == ["abcdef", "ghijkl"])
        #expect(answer.next == world.id(2))
    }

    @Test func `A gap with nothing behind it is told to a poll as an event stream once`() throws {
        let world = try World()
        let cursor = try world.publish("1")
        try world.publish("2")
        try world.drop()
        let exchange = try world.read("transport=poll-sse&after=" + cursor)
        #expect(exchange.events.map(\.type) == ["pollux.gap"])
        #expect(exchange.outputs.last == .lastEventID(world.id(2)))
        let next = try world.read("transport=poll-sse&after=" + world.id(2))
        #expect(next.response == nil)
    }

    @Test func `An event stream that the ledger fails is told when to come back`() throws {
        let world = try World()
        world.ledger.fail(with: LedgerError(.full, "disk full"))
        let exchange = try world.read("transport=poll-sse&since=earliest")
        #expect(exchange.response?.status == .ok)
        #expect(exchange.text.wholeMatch(of: /: refused\nretry: \d+\n/) != nil)
    }
}
