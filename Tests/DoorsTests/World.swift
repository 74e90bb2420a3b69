import Access
import Channels
import HTTPServing
import NIOCore
import NIOEmbedded
import NIOHTTP1
import TestSupport
import Testing

@testable import HTTPServing
@testable import Doors
@testable import Fanout

/// A bridge and the readers of one loop, which runs when the test says so.
final class World {
    /// Of one that is made for a ledger of its own it is not used.
    let ledger: HeldLedger
    let bridge: Bridge
    let eventLoop = EmbeddedEventLoop()
    let readers: LoopReaders
    let admissions = Admissions()
    var configuration = TransportConfiguration()

    /// - Parameters:
    ///   - kept: How many events of a channel the ledger keeps.
    ///   - logEvents: How many of them a channel's log holds.
    init(kept: Int = 1_000, logEvents: Int = 1_000, logBytes: Int = 1 << 20, totalLogBytes: Int = 64 << 20) throws {
        let retention = RetentionRules(fallback: Retention(events: kept, bytes: 1 << 30))
        self.ledger = HeldLedger(MemoryLedger(LedgerSettings(retention: retention)))
        self.bridge = Bridge(
            ledger: self.ledger,
            configuration: Bridge.Configuration(
                logEvents: logEvents, logBytes: logBytes, totalLogBytes: totalLogBytes))
        self.readers = LoopReaders(bridge: self.bridge, eventLoop: self.eventLoop)
    }

    /// A world around a ledger to which things happen from outside.
    init(_ ledger: ScriptedLedger, logEvents: Int = 1_000) {
        self.ledger = HeldLedger()
        self.bridge = Bridge(ledger: ledger, configuration: Bridge.Configuration(logEvents: logEvents))
        self.readers = LoopReaders(bridge: self.bridge, eventLoop: self.eventLoop)
    }

    /// Publishes without letting the loop run; returns the last id.
    @discardableResult
    func publish(_ data: String..., to channel: String = "a", type: String = "") throws -> String {
        let drafts = try data.map { try Draft(type: Array(type.utf8), data: Array($0.utf8)) }
        self.bridge.publish(Publication(channel: try ChannelName(channel), drafts: drafts)) { _ in }
        return self.id(self.bridge.head)
    }

    func drop(_ channel: String = "a") throws {
        self.bridge.drop(try ChannelName(channel)) { _ in }
    }

    func id(_ position: Position) -> String { self.bridge.id(position).description }

    func id(_ position: UInt64) -> String { self.id(Position(rawValue: position)) }

    /// Subscribes as `ChannelResource` does.
    func read(
        _ query: String = "", _ fields: HTTPHeaders = [:], from channels: [String] = ["a"], takesWrites: Bool = true,
        until rightEnd: NIODeadline? = nil, at place: ReaderPlaces? = nil,
        onWrite: @escaping (FakeExchange) -> Void = { _ in }
    ) throws -> FakeExchange {
        var parameters = try ReadParameters(request("/x?" + query, fields), defaults: self.configuration)
        parameters.rightEnd = rightEnd
        let exchange = FakeExchange(self.eventLoop)
        exchange.takesWrites = takesWrites
        exchange.onWrite = onWrite
        let selection = try #require(Selection(try channels.map { try ChannelName($0) }))
        parameters.beginReader(
            of: self.readers.feed(of: selection),
            Admission(permit: .open, channels: selection.channels, others: self.admissions, place: place), on: exchange,
            as: nil,
            configuration: self.configuration)
        return exchange
    }

    /// The same, with the ledger answering the first read and holding the next.
    func readHolding(_ query: String) throws -> FakeExchange {
        self.ledger.hold(after: 1)
        let exchange = try self.read(query)
        #expect(!exchange.isEnded)
        return exchange
    }

    /// Lets the loop do what waits.
    func run() { self.eventLoop.run() }

    /// Lets time pass for what the loop does by itself.
    func advance(by time: TimeAmount) { self.eventLoop.advanceTime(by: time) }
}

/// A request as the server has read it.
func request(
    _ target: String, method: HTTPMethod = .GET, _ fields: HTTPHeaders = [:], body: [UInt8] = [],
    from peer: Peer = Peer()
) -> Request {
    let text = fields.map { "\($0.name): \($0.value)\r\n" }.joined()
    var parser = HTTP1Parser(headSize: 65_536, fieldCount: 100)
    parser.append(ByteBuffer(string: "\(method.rawValue) \(target) HTTP/1.1\r\n\(text)\r\n"))
    guard case .head(let head)? = try? parser.next() else { preconditionFailure("no request: \(target) \(fields)") }
    return Request(head, body: ByteBuffer(bytes: body), from: peer)
}
