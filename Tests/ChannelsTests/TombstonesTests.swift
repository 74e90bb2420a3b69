import TestSupport
import Testing

@testable import Channels

@Suite struct TombstonesTests {
    @Test func `What was forgotten is known by where it began`() {
        var tombstones = Tombstones()
        tombstones.bury(name("a"), start: position(7))
        #expect(tombstones.start(of: name("a")) == position(7))
        #expect(tombstones.start(of: name("b")) == .zero)
    }

    @Test func `The newest burial counts`() {
        var tombstones = Tombstones()
        tombstones.bury(name("a"), start: position(7))
        tombstones.bury(name("a"), start: position(9))
        #expect(tombstones.start(of: name("a")) == position(9))
    }

    @Test func `A channel that is there again has none`() {
        var tombstones = Tombstones()
        tombstones.bury(name("a"), start: position(7))
        tombstones.remove(name("a"))
        #expect(tombstones.start(of: name("a")) == .zero)
    }

    @Test func `Beyond the limit the older half melts into one position that holds for every channel`() {
        var tombstones = Tombstones(limit: 4)
        for number in 1...5 { tombstones.bury(name("\(number)"), start: position(10 * number)) }
        #expect((1...5).map { tombstones.start(of: name("\($0)")).rawValue } == [30, 30, 30, 40, 50])
        #expect(tombstones.start(of: name("never was")) == position(30))
    }

    @Test func `What melted is not remembered once more`() {
        var tombstones = Tombstones(limit: 4)
        for number in 1...5 { tombstones.bury(name("\(number)"), start: position(10 * number)) }
        tombstones.bury(name("old"), start: position(20))
        tombstones.remove(name("1"))
        #expect(tombstones.start(of: name("old")) == position(30))
        #expect(tombstones.start(of: name("1")) == position(30))
    }

    /// It may warn in vain, never too late.
    @Test(arguments: freshSeeds(20))
    func `No loss is forgotten`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var tombstones = Tombstones(limit: 10)
        var buried: [ChannelName: Position] = [:]
        for number in 1...500 {
            let channel = name("\(Int.random(in: 0..<40, using: &random))")
            tombstones.bury(channel, start: position(number))
            buried[channel] = position(number)
            for (channel, start) in buried { try #require(tombstones.start(of: channel) >= start) }
        }
    }
}
