import Channels
import EventStream
import HTTPServing
import JSON
import NIOHTTP1
import Testing

/// The ways to read that must all yield the same.
enum Way: CaseIterable {
    case stream
    case streamPadded
    case streamEnvelope
    case streamBudget
    case poll
    case pollOne
    case pollInterval
    case pollEventStream
    case pollEventStreamEnvelope

    var query: String {
        switch self {
        case .stream: "transport=sse"
        case .streamPadded: "transport=sse&padding=10"
        case .streamEnvelope: "transport=sse&envelope=json"
        case .streamBudget: "transport=sse&budget=200"
        case .poll: "transport=poll"
        case .pollOne: "transport=poll&limit=1"
        case .pollInterval: "transport=poll&wait=0"
        case .pollEventStream: "transport=poll-sse"
        case .pollEventStreamEnvelope: "transport=poll-sse&envelope=json"
        }
    }

    var hasEnvelope: Bool { self == .streamEnvelope || self == .pollEventStreamEnvelope }

    var isJSON: Bool { self == .poll || self == .pollOne || self == .pollInterval }
}

/// A client that reads some channels, in one way after the other, and goes on where it was.
final class Subscriber {
    /// What a client gets, whatever way it reads.
    enum Item: Equatable {
        case event(id: String, type: String, data: String)
        case gap(PollAnswer.Gap)
    }

    private let world: World
    private let channels: [String]
    private let start: String
    private(set) var way: Way
    private(set) var cursor: String?
    private(set) var items: [Item] = []
    private(set) var exchange: FakeExchange?
    /// How many of the exchange's items are among `items` already.
    private var taken = 0

    /// - Parameter start: What the query says while there is no cursor.
    init(_ world: World, _ way: Way, channels: [String] = ["a"], start: String = "since=now&open=id") {
        self.world = world
        self.way = way
        self.channels = channels
        self.start = start
    }

    /// Sends the request, from where the client is.
    func connect(takesWrites: Bool = true) throws {
        let place = self.cursor.map { "&after=" + $0 } ?? "&" + self.start
        self.taken = 0
        self.exchange = try self.world.read(self.way.query + place, from: self.channels, takesWrites: takesWrites)
    }

    /// Breaks the connection off; what was not collected is lost on the way.
    func disconnect() {
        self.exchange?.disconnect()
        self.exchange = nil
    }

    func change(to way: Way) {
        self.disconnect()
        self.way = way
    }

    /// Takes what has come. Returns whether the answer has ended.
    @discardableResult
    func collect() throws -> Bool {
        guard let exchange = self.exchange else { return true }
        if self.way.isJSON {
            // Who is told that the ledger cannot be read asks again.
            if let response = exchange.response, response.status != .serviceUnavailable {
                try self.collect(PollAnswer(response))
            }
        } else {
            try self.collect(exchange.outputs)
        }
        if exchange.isEnded { self.exchange = nil }
        return exchange.isEnded
    }

    private func collect(_ answer: PollAnswer) {
        if let gap = answer.gap { self.items.append(.gap(gap)) }
        for event in answer.events { self.items.append(.event(id: event.id, type: event.type, data: event.data)) }
        self.cursor = answer.next
    }

    private func collect(_ outputs: [EventStreamParser.Output]) throws {
        for output in outputs.dropFirst(self.taken) {
            switch output {
            case .event(let event): try self.collect(event)
            case .lastEventID(let id): self.cursor = id
            case .reconnectionTime: break
            }
        }
        self.taken = outputs.count
    }

    private func collect(_ event: ReceivedEvent) throws {
        if event.type == "pollux.gap" {
            self.items.append(.gap(try #require(PollAnswer.Gap(event.data))))
        } else {
            self.items.append(try self.item(event))
            self.cursor = event.lastEventID
        }
    }

    private func item(_ event: ReceivedEvent) throws -> Item {
        guard self.way.hasEnvelope else {
            return .event(id: event.lastEventID, type: event.type, data: event.data)
        }
        #expect(event.type == "message")
        let value = try JSONValue(parsing: Array(event.data.utf8))
        #expect(value.members?.map(\.name) == ["channel", "event", "data"])
        return .event(
            id: event.lastEventID, type: try #require(value["event"]?.stringValue),
            data: try #require(value["data"]?.stringValue))
    }

    /// Lets the loop run and asks again until nothing more comes.
    func readAll() throws {
        for _ in 0..<10_000 {
            let count = self.items.count
            // A stream under way may end with what was collected before.
            let isFresh = self.exchange == nil
            if isFresh { try self.connect() }
            self.world.run()
            self.exchange?.unblock()
            guard try self.collect() else { return }
            if isFresh, self.items.count == count { return }
        }
        Issue.record("does not come to an end")
    }
}
