import Channels
import NIOCore
import TestSupport
import Testing

@testable import Doors

/// Clients that change from one transport to another at any moment, against a plain model.
@Suite struct SwitchingTests {
    /// All that was ever published, and what a client may therefore see.
    private struct Model {
        struct Event: Equatable {
            let position: UInt64
            let channel: String
            let item: Subscriber.Item
        }

        var events: [Event] = []

        func after(_ position: UInt64, in channels: [String]) -> [Event] {
            self.events.filter { $0.position > position && channels.contains($0.channel) }
        }
    }

    private static let channels = ["a", "b", "c"]

    private func position(of id: String) throws -> UInt64 {
        try #require(EventID(parsing: Array(id.utf8))).position.rawValue
    }

    /// Goes through what a client has got: all in one order, and in each channel the very next, or a gap was told of.
    ///
    /// - Returns: What of the model is still to come, and not told to be lost.
    private func check(_ subscriber: Subscriber, _ channels: [String], against model: Model) throws -> [Model.Event] {
        let all = model.after(0, in: channels)
        var rest = all[...]
        var missing: [Model.Event] = []
        var isTold: Set<String> = []
        var resumedAt: String?
        for item in subscriber.items {
            switch item {
            case .gap(let gap):
                #expect(gap.reason == "trimmed")
                let lost = try model.after(self.position(of: gap.after), in: channels)
                #expect(lost.contains { !subscriber.items.contains($0.item) }, "\(gap) is told, and nothing is missing")
                isTold = Set(channels)
                resumedAt = gap.resumedAt
            case .event(let id, _, _):
                let index = try #require(rest.firstIndex { $0.item == item }, "\(item) was never published, or repeats")
                missing += rest[..<index]
                let channel = rest[index].channel
                let lost = missing.first { $0.channel == channel }
                #expect(
                    lost == nil || isTold.contains(channel), "\(String(describing: lost)) is missing, and nobody told")
                missing.removeAll { $0.channel == channel }
                isTold.remove(channel)
                #expect(resumedAt == nil || resumedAt == id)
                resumedAt = nil
                rest = rest[(index + 1)...]
            }
        }
        return rest.filter { !isTold.contains($0.channel) }
    }

    @Test(arguments: freshSeeds(40))
    func `Whatever a client changes, it gets every event once and in order, or is told of a gap`(seed: UInt64) throws {
        try run(seed, World(kept: 1_000, logEvents: 8), canLose: false)
    }

    @Test(arguments: freshSeeds(40) + [7_114_619_557_256_596_183])
    func `The same where little is kept`(seed: UInt64) throws {
        try run(seed, World(kept: 12, logEvents: 5), canLose: true)
    }

    private func run(_ seed: UInt64, _ world: World, canLose: Bool) throws {
        var random = SeededGenerator(seed: seed)
        var model = Model()
        let channels = Array(Self.channels.shuffled(using: &random).prefix(Int.random(in: 1...2, using: &random)))
        let subscriber = Subscriber(world, try #require(Way.allCases.randomElement(using: &random)), channels: channels)
        try subscriber.connect()
        // What keeps the feed of the same channels busy.
        let other = Subscriber(world, .stream, channels: channels)
        try other.connect()
        // The answer to the first request tells where the client begins, if it comes.
        try subscriber.readAll()
        for number in 0..<500 {
            try step(&random, number, world, &model, subscriber, other, canLose: canLose)
        }
        subscriber.exchange?.unblock()
        try subscriber.collect()
        try subscriber.readAll()
        let rest = try check(subscriber, channels, against: model)
        #expect(rest.isEmpty, "the last are missing")
        if !canLose { #expect(!subscriber.items.contains { if case .gap = $0 { true } else { false } }) }
    }

    private func step(
        _ random: inout SeededGenerator, _ number: Int, _ world: World, _ model: inout Model, _ subscriber: Subscriber,
        _ other: Subscriber, canLose: Bool
    ) throws {
        switch Int.random(in: 0..<24, using: &random) {
        case 0..<8:
            let channel = try #require(Self.channels.randomElement(using: &random))
            let id = try world.publish("\(number)", to: channel, type: "t")
            let item = Subscriber.Item.event(id: id, type: "t", data: "\(number)")
            model.events.append(.init(position: try position(of: id), channel: channel, item: item))
        case 8..<13: world.run()
        case 13..<16: try subscriber.collect()
        case 16:
            if subscriber.cursor != nil {
                subscriber.change(to: try #require(Way.allCases.randomElement(using: &random)))
            }
        case 17..<19: if subscriber.exchange == nil { try subscriber.connect(takesWrites: Bool.random(using: &random)) }
        case 19: subscriber.exchange?.takesWrites = false
        case 20: subscriber.exchange?.unblock()
        case 21: subscriber.exchange?.reachDeadline()
        case 22: world.advance(by: .seconds(11))
        default:
            if canLose, Int.random(in: 0..<5, using: &random) == 0 {
                try world.drop(try #require(Self.channels.randomElement(using: &random)))
            } else if Bool.random(using: &random) {
                other.disconnect()
            } else if other.exchange == nil {
                try other.connect()
            }
        }
    }
}
