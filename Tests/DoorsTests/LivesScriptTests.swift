import Channels
import TestSupport
import Testing

@testable import Doors
@testable import Fanout

/// A seeded script of everything that can happen to a ledger from outside, while clients of all transports come, go and change: none
/// of them loses or repeats an event without being told.
@Suite struct LivesScriptTests {
    private static let channels = ["a", "b"]

    private struct Client {
        let subscriber: Subscriber
        let channels: [String]
        /// How many of its items were checked.
        var checked = 0
        /// Whether it was told of a gap behind the last event.
        var isTold = false
        /// The last event that it has; `nil` at first, and where all that is kept follows.
        var last: String?
    }

    /// What every life holds, as ids in their order, each with its channel.
    private struct Script {
        var lives: [[(id: String, channel: String)]] = [[]]

        var current: [(id: String, channel: String)] {
            get { self.lives[self.lives.count - 1] }
            set { self.lives[self.lives.count - 1] = newValue }
        }

        /// The ids of the life that has an event, as a client of some channels sees them.
        func ids(with id: String, in channels: [String]) -> [String]? {
            self.lives.last { $0.contains { $0.id == id } }?.filter { channels.contains($0.channel) }.map(\.id)
        }

        /// Where a client goes on among the ids of a life: behind what it has had, or where that life is no longer the one that it
        /// was in.
        func index(behind last: String?, in ids: [String], of channels: [String]) -> Int {
            guard let last, let own = self.ids(with: last, in: channels), let index = own.firstIndex(of: last) else {
                return 0
            }
            let common = zip(own, ids).prefix { $0 == $1 }.count
            return min(index + 1, common)
        }
    }

    private let ledger = ScriptedLedger()
    private let world: World

    init() {
        self.world = World(self.ledger, logEvents: 3)
    }

    @Test(arguments: freshSeeds(40))
    func `Nobody loses or repeats an event without being told`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var script = Script()
        var clients = try (0..<6).map { _ in try client(&random) }
        for _ in 0..<150 {
            try self.happen(&script, &random)
            if Bool.random(using: &random) { world.run() }
            let index = Int.random(in: clients.indices, using: &random)
            try self.act(&clients[index], &random)
            for index in clients.indices { try self.check(&clients[index], script) }
        }
        ledger.find()
        ledger.deliver()
        world.run()
        for index in clients.indices {
            clients[index].subscriber.exchange?.takesWrites = true
            try clients[index].subscriber.readAll()
            try self.check(&clients[index], script)
            let (last, channels) = (clients[index].last, clients[index].channels)
            let ids = script.current.filter { channels.contains($0.channel) }.map(\.id)
            #expect(last == nil || script.index(behind: last, in: ids, of: channels) == ids.count, "it has everything")
        }
    }

    private func client(_ random: inout SeededGenerator) throws -> Client {
        let channels = [["a"], ["b"], ["a", "b"]].randomElement(using: &random) ?? []
        let way = Way.allCases.randomElement(using: &random) ?? .poll
        let subscriber = Subscriber(self.world, way, channels: channels, start: "since=earliest&open=id")
        return Client(subscriber: subscriber, channels: channels)
    }

    /// Something happens to the ledger.
    private func happen(_ script: inout Script, _ random: inout SeededGenerator) throws {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: ledger.lose()
        case 1, 2: ledger.find()
        case 3: ledger.hold()
        case 4, 5: ledger.deliver()
        case 6:
            let lost = Int.random(in: 0...3, using: &random)
            let remembers = Bool.random(using: &random)
            ledger.renew(losing: lost, remembers: remembers)
            let kept = script.current.dropLast(lost)
            script.lives.append(
                remembers ? Array(kept) : kept.map(\.channel).enumerated().map { (world.id(UInt64($0 + 1)), $1) })
        default:
            let channel = Self.channels.randomElement(using: &random) ?? ""
            let publication = Publication(channel: try ChannelName(channel), drafts: [try Draft(data: [])])
            if Bool.random(using: &random) {
                ledger.commitElsewhere(publication)
            } else {
                let before = world.bridge.head
                world.bridge.publish(publication) { _ in }
                if world.bridge.head == before { return }
            }
            script.current.append((world.id(world.bridge.head), channel))
        }
    }

    private func act(_ client: inout Client, _ random: inout SeededGenerator) throws {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: client.subscriber.change(to: Way.allCases.randomElement(using: &random) ?? .poll)
        case 1: client.subscriber.exchange?.takesWrites = false
        case 2: client.subscriber.exchange?.unblock()
        default:
            if client.subscriber.exchange == nil { try client.subscriber.connect() }
            try client.subscriber.collect()
        }
    }

    /// Each event of a client is the first of a life, or the next of its channels, or behind a gap.
    private func check(_ client: inout Client, _ script: Script) throws {
        for item in client.subscriber.items.dropFirst(client.checked) {
            switch item {
            case .gap(let gap):
                #expect(["epoch", "unknown", "lost"].contains(gap.reason))
                client.isTold = true
                if gap.reason != "lost" { client.last = nil }
                guard let id = gap.resumedAt else { continue }
                let ids = try #require(script.ids(with: id, in: client.channels), "\(id) never was")
                #expect(ids.firstIndex(of: id) == script.index(behind: client.last, in: ids, of: client.channels))
            case .event(let id, _, _):
                let ids = try #require(script.ids(with: id, in: client.channels), "\(id) never was")
                let index = script.index(behind: client.last, in: ids, of: client.channels)
                try #require(ids.firstIndex(of: id) == index, "\(id) came behind \(client.last ?? "nothing")")
                let isNext = index == 0 || client.last == nil || ids[index - 1] == client.last
                try #require(isNext || client.isTold, "\(client.last ?? "") was lost, and nobody said so")
                client.isTold = false
                client.last = id
            }
        }
        client.checked = client.subscriber.items.count
    }
}
