import Channels
import EventStream
import HTTPServing
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import Doors

/// The reader that stays.
@Suite struct EventStreamTransportTests {
    @Test func `The head is that of an event stream that nobody keeps or buffers`() throws {
        let head = try #require(try World().read("transport=sse").head)
        #expect(head.status == .ok)
        #expect(head.headers["Content-Type"] == ["text/event-stream"])
        #expect(head.headers["Cache-Control"] == ["no-cache, no-store, no-transform"])
        #expect(head.headers["X-Accel-Buffering"] == ["no"])
        #expect(head.headers["X-Content-Type-Options"] == ["nosniff"])
        #expect(!head.headers.contains(name: "Content-Length"))
    }

    @Test(arguments: [
        ("", "retry: 3000\n"), ("open=none", "retry: 3000\n"), ("padding=5", "retry: 3000\n:   \n"),
        ("open=id", "retry: 3000\nid: E-2\n\n"), ("open=id&padding=5", "retry: 3000\n:   \nid: E-2\n\n"),
        ("open=id&after=E-2", "retry: 3000\n"), ("open=id&since=-1", "retry: 3000\nid: E-1\n\n"),
        ("heartbeatForm=retry", "retry: 3000\n"),
        ("heartbeatForm=event", "retry: 3000\nevent: pollux.heartbeat\ndata: 15\nid: E-2\n\n"),
        ("heartbeatForm=event&open=none", "retry: 3000\nevent: pollux.heartbeat\ndata: 15\n\n"),
        ("heartbeat-form=event&heartbeat=3&open=id", "retry: 3000\nevent: pollux.heartbeat\ndata: 3\nid: E-2\n\n"),
        ("open=event", "retry: 3000\nevent: pollux.heartbeat\ndata: 15\nid: E-2\n\n"),
        ("open=event&after=E-2", "retry: 3000\n"),
        ("heartbeatForm=event&open=id&after=E-2", "retry: 3000\nevent: pollux.heartbeat\ndata: 15\n\n"),
    ])
    func `A stream begins with its reconnection time, padding and id, as asked for`(query: String, text: String) throws
    {
        let world = try World()
        for text in ["1", "2"] { try world.publish(text) }
        let epoch = world.bridge.epoch.description
        let query = query.replacing("E-", with: epoch + "-")
        let exchange = try world.read("transport=sse&" + query)
        #expect(exchange.pieces.first == text.replacing("E-", with: epoch + "-"))
    }

    @Test(arguments: [("padding=true", 2_048), ("evs_preamble=2056", 2_056), ("padding=9999", 8_192)])
    func `Padding is one comment of so many bytes`(query: String, count: Int) throws {
        let exchange = try World().read("transport=sse&" + query)
        let lines = exchange.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 3)
        #expect(lines[1].hasPrefix(":"))
        #expect(lines[1].utf8.count + 1 == count)
    }

    @Test func `Each batch of whole events is written at once`() throws {
        let world = try World()
        let exchange = try world.read("transport=sse")
        try world.publish("x")
        try world.publish("y", type: "t")
        world.run()
        let epoch = world.bridge.epoch.description
        #expect(exchange.pieces.last == "data: x\nid: \(epoch)-1\n\nevent: t\ndata: y\nid: \(epoch)-2\n\n")
    }

    @Test func `A stream whose client has closed its half writes a heartbeat at once, also without any`() throws {
        let exchange = try World().read("transport=sse&heartbeat=0")
        exchange.closeInput()
        #expect(exchange.pieces == ["retry: 3000\n", "retry: 3000\n"])
        #expect(!exchange.isEnded)
    }

    @Test func `A stream that is blocked writes nothing when its client closes its half`() throws {
        let world = try World()
        let exchange = try world.read("transport=sse")
        exchange.takesWrites = false
        try world.publish("x")
        world.run()
        exchange.closeInput()
        #expect(exchange.writes.count == 2)
    }

    @Test func `A gap is told before the first heartbeat`() throws {
        let world = try World()
        let cursor = try world.publish("1")
        try world.publish("2")
        try world.drop()
        let exchange = try world.read("transport=sse&heartbeatForm=event&after=" + cursor)
        #expect(exchange.events.map(\.type) == ["pollux.gap", "pollux.heartbeat"])
    }

    // MARK: Heartbeats

    @Test func `After a silence the reconnection time is told again`() throws {
        let world = try World()
        let exchange = try world.read("transport=sse")
        #expect(exchange.secondsLeft == 15)
        exchange.reachDeadline()
        #expect(exchange.pieces.last == "retry: 3000\n")
        #expect(exchange.secondsLeft == 15)
        exchange.reachDeadline()
        #expect(exchange.writes.count == 3)
    }

    @Test func `A heartbeat may be an event, as the reader asks`() throws {
        let exchange = try World().read("transport=sse&heartbeat=7&heartbeatForm=event")
        exchange.delegate?.deadlineReached(.now())
        #expect(exchange.pieces.last == "event: pollux.heartbeat\ndata: 7\n\n")
    }

    @Test func `A heartbeat may be a comment`() throws {
        let world = try World()
        world.configuration.heartbeatForm = .comment
        let exchange = try world.read("transport=sse")
        exchange.reachDeadline()
        #expect(exchange.pieces.last == ":\n")
    }

    @Test func `The silence is as long as asked for, or has no end`() throws {
        let world = try World()
        #expect(try world.read("transport=sse&heartbeat=7").secondsLeft == 7)
        #expect(try world.read("transport=sse&heartbeat=0").deadline == .distantFuture)
    }

    @Test func `An event begins the silence anew`() throws {
        let world = try World()
        let exchange = try world.read("transport=sse")
        exchange.setDeadline(.uptimeNanoseconds(0))
        try world.publish("x")
        world.run()
        #expect(exchange.secondsLeft == 15)
    }

    @Test func `A connection that takes nothing gets no heartbeat, and one again when it takes`() throws {
        let world = try World()
        let exchange = try world.read("transport=sse")
        exchange.takesWrites = false
        exchange.reachDeadline()
        #expect(exchange.writes.count == 2)
        exchange.setDeadline(.uptimeNanoseconds(0))
        exchange.reachDeadline()
        #expect(exchange.writes.count == 2)
        exchange.unblock()
        #expect(exchange.secondsLeft == 15)
        try world.publish("x")
        world.run()
        #expect(exchange.events.count == 1)
    }

    // MARK: Ends

    @Test func `A script that gives up after a while is ended cleanly before`() throws {
        let world = try World()
        let exchange = try world.read("transport=sse&heartbeat=30", ["X-Requested-With": "XMLHttpRequest"])
        #expect(exchange.secondsLeft == 30)
        exchange.reachDeadline()
        #expect(!exchange.isEnded)
        let beat = exchange.writes.count
        exchange.delegate?.deadlineReached(.now() + .seconds(45))
        #expect(exchange.isEnded)
        #expect(exchange.writes.count == beat)
    }

    @Test func `The end of a script's stream is not later than its time`() throws {
        let world = try World()
        let exchange = try world.read("transport=sse&heartbeat=0", ["X-Requested-With": "XMLHttpRequest"])
        #expect(exchange.secondsLeft == 45)
    }

    @Test func `A stream with a budget ends before an event that exceeds it`() throws {
        let world = try World()
        let exchange = try world.read("transport=sse&budget=120")
        for _ in 0..<20 { try world.publish("0123456789") }
        world.run()
        #expect(exchange.isEnded)
        #expect(exchange.text.utf8.count <= 120)
        // The reconnection time has 12 bytes, each event at least 31.
        #expect(exchange.events.count == 3)
    }

    @Test func `A stream with a budget has one event at least, and ends when it is spent`() throws {
        let world = try World()
        let exchange = try world.read("transport=sse&budget=1")
        #expect(!exchange.isEnded)
        try world.publish("0123456789")
        try world.publish("x")
        world.run()
        #expect(exchange.isEnded)
        #expect(exchange.events.count == 1)
    }

    @Test func `A stream with a budget does not spend it on heartbeats`() throws {
        let world = try World()
        let exchange = try world.read("transport=sse&budget=30")
        exchange.reachDeadline()
        #expect(exchange.writes.count == 2)
        exchange.reachDeadline()
        #expect(exchange.isEnded)
        #expect(exchange.writes.count == 2)
    }

    @Test func `The events behind the end of a stream come with the next`() throws {
        let world = try World()
        let exchange = try world.read("transport=sse&budget=200")
        for number in 1...20 { try world.publish("\(number)") }
        world.run()
        let last = try #require(exchange.events.last)
        let next = try world.read("transport=sse&after=" + last.lastEventID)
        #expect(next.events.first?.data == "\(try #require(Int(last.data)) + 1)")
    }

    // MARK: Failures

    @Test func `A ledger that cannot be read is told as an end with a time to come back`() throws {
        let world = try World()
        try world.publish("x")
        world.ledger.fail(with: LedgerError(.unavailable, "x"))
        let exchange = try world.read("transport=sse&since=earliest")
        #expect(exchange.head?.status == .ok)
        #expect(exchange.isEnded)
        #expect(exchange.text.wholeMatch(of: /retry: \d+\n/) != nil)
    }

    @Test func `A ledger that fails while a stream runs ends it whole`() throws {
        let world = try World(kept: 100, logEvents: 1)
        let exchange = try world.read("transport=sse")
        for number in 1...9 { try world.publish("\(number)") }
        world.ledger.fail(with: LedgerError(.unavailable, "x"))
        world.run()
        #expect(exchange.isEnded)
        #expect(exchange.text.wholeMatch(of: /retry: 3000\nretry: \d+\n/) != nil)
    }
}
