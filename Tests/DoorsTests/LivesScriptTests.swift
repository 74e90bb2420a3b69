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
        /// The last event that it has, or the one that it would have had; `nil` after a gap: any may follow.
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
            let expected = script.current.last { clients[index].channels.contains($0.channel) }?.id
            #expect(clients[index].last == nil || clients[index].last == expected, "it has everything at the end")
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
            ledger.renew(losing: lost)
            let kept = script.current.dropLast(lost).map(\.channel)
            script.lives.append(kept.enumerated().map { (world.id(UInt64($0 + 1)), $1) })
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
                #expect(gap.reason == "epoch" || gap.reason == "unknown")
                client.last = nil
                #expect(
                    gap.resumedAt == nil
                        || script.ids(with: gap.resumedAt ?? "", in: client.channels)?.first == gap.resumedAt)
            case .event(let id, _, _):
                let ids = try #require(script.ids(with: id, in: client.channels), "\(id) never was")
                let index = try #require(ids.firstIndex(of: id))
                if let last = client.last {
                    try #require(index > 0 && ids[index - 1] == last, "\(id) came behind \(last)")
                } else {
                    try #require(index == 0, "\(id) is the first that came, or the first behind a gap")
                }
                client.last = id
            }
        }
        client.checked = client.subscriber.items.count
    }
}
