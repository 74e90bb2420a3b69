import Access
import Channels
import HTTPServing
import NIOCore
import NIOHTTP1
import Testing

@testable import Doors

/// Readers that count among those of their address, until their end.
@Suite struct ReaderPlacesTests {
    /// How a reader ends.
    enum End: String, CaseIterable {
        case gone
        case goneWhileBehind
        case goneWhileReading
        case budget
        case lifetime
        case drained
        case drainedWhileReading
        case ledgerFails
        case denied
        case rightOver
        case answered
        case answeredAtOnce
        case answeredInTime
        case answeredAfterHalfClose
        case pollGone
        case pollDrained
        case pollDenied
        case pollLedgerFails
        case pollAsStream
    }

    private let world: World
    private let limits: AccessLimits
    private let channel: ChannelName

    init() throws {
        self.world = try World()
        self.channel = try ChannelName("a")
        var configuration = AccessLimits.Configuration()
        configuration.address.readers = 2
        self.limits = AccessLimits(configuration)
    }

    private func open() throws -> ReaderPlaces? {
        try self.limits.openReader(of: [self.channel], from: .ipv4(192, 0, 2, 1), by: .anonymous)
    }

    /// A reader that is counted.
    private func read(_ query: String, until rightEnd: NIODeadline? = nil, takesWrites: Bool = true) throws
        -> FakeExchange
    {
        try self.world.read(query, takesWrites: takesWrites, until: rightEnd, at: try self.open())
    }

    /// How many of the two places are free.
    private func free() -> Int {
        var places: [ReaderPlaces?] = []
        while let place = try? self.open() { places.append(place) }
        return places.count
    }

    private func end(_ end: End) throws -> FakeExchange {
        switch end {
        case .gone:
            let exchange = try self.read("transport=sse")
            exchange.disconnect()
            return exchange
        case .goneWhileBehind:
            let exchange = try self.read("transport=sse", takesWrites: false)
            exchange.disconnect()
            return exchange
        case .goneWhileReading:
            self.world.ledger.hold()
            let exchange = try self.read("transport=sse&since=earliest")
            exchange.disconnect()
            return exchange
        case .budget:
            let exchange = try self.read("transport=sse&budget=1")
            try self.world.publish("a", "b")
            return exchange
        case .lifetime:
            let exchange = try self.world.read(
                "transport=sse&heartbeat=0", ["X-Requested-With": "XMLHttpRequest"], at: try self.open())
            exchange.delegate?.deadlineReached(.now() + .hours(1))
            return exchange
        case .drained, .drainedWhileReading, .pollDrained:
            if end == .drainedWhileReading { self.world.ledger.hold() }
            let exchange = try self.read(end == .pollDrained ? "transport=poll" : "transport=sse&since=earliest")
            exchange.delegate?.drain()
            return exchange
        case .ledgerFails, .pollLedgerFails:
            self.world.ledger.fail(with: LedgerError(.full, "disk full"))
            return try self.read("transport=\(end == .ledgerFails ? "sse" : "poll")&since=earliest")
        case .denied, .pollDenied:
            let exchange = try self.read(end == .denied ? "transport=sse" : "transport=poll")
            self.world.admissions.judge { _ in .revoked }
            return exchange
        case .rightOver:
            let exchange = try self.read("transport=sse", until: .now() + .hours(1))
            exchange.delegate?.deadlineReached(.now() + .hours(2))
            return exchange
        case .answered, .pollAsStream:
            let exchange = try self.read(end == .answered ? "transport=poll" : "transport=poll-sse")
            #expect(self.free() == 0, "a poll that is held counts")
            try self.world.publish("x")
            return exchange
        case .answeredAtOnce:
            try self.world.publish("x")
            return try self.read("transport=poll&since=earliest")
        case .answeredInTime:
            let exchange = try self.read("transport=poll")
            exchange.reachDeadline()
            return exchange
        case .answeredAfterHalfClose:
            let exchange = try self.read("transport=poll")
            exchange.closeInput()
            exchange.reachDeadline()
            return exchange
        case .pollGone:
            let exchange = try self.read("transport=poll")
            exchange.disconnect()
            return exchange
        }
    }

    @Test(arguments: End.allCases)
    func `A reader gives its place back once, however it ends`(end: End) throws {
        let other = try self.read("transport=sse&budget=1000000")
        let exchange = try self.end(end)
        self.world.run()
        #expect(exchange.isEnded)
        #expect(self.free() == (other.isEnded ? 2 : 1), "at once, also where a page of the ledger is still on its way")
        self.world.ledger.release()
        self.world.run()
        #expect(self.free() == (other.isEnded ? 2 : 1))
        other.disconnect()
        #expect(self.free() == 2)
    }

    @Test func `A reader that goes on counts`() throws {
        let exchange = try self.read("transport=sse")
        try self.world.publish("x")
        self.world.run()
        #expect(self.free() == 1 && !exchange.isEnded)
    }
}
