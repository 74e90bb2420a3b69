import Channels
import EventStream
import HTTPServing
import NIOCore
import NIOHTTP1
import Testing

@testable import Doors

/// Readers that are judged again.
@Suite struct AdmissionsTests {
    private let world: World

    init() throws {
        self.world = try World()
    }

    private func deny(_ name: String) throws {
        let channel = try ChannelName(name)
        self.world.admissions.judge { $0.channels.contains(channel) ? .revoked : nil }
    }

    @Test func `A stream that may go on no longer is told why, and given nothing more`() throws {
        let (denied, other) = (try world.read("transport=sse"), try world.read("transport=sse", from: ["b"]))
        try self.deny("a")
        #expect(denied.events.map(\.data) == [#"{"reason":"revoked"}"#] && denied.isEnded)
        try world.publish("x")
        try world.publish("y", to: "b")
        world.run()
        #expect(denied.events.count == 1)
        #expect(other.events.map(\.data) == ["y"] && !other.isEnded)
    }

    @Test func `A poll that is held is answered that there is nothing`() throws {
        let poll = try world.read("transport=poll")
        try self.deny("a")
        #expect(poll.response?.status == .ok && poll.text.contains(#""events":[]"#))
    }

    @Test(arguments: ["transport=poll", "transport=poll-sse", "transport=sse"])
    func `Who waits for the ledger is given nothing of what it reads`(query: String) throws {
        try world.publish("secret")
        world.ledger.hold()
        let reader = try world.read(query + "&since=earliest")
        try self.deny("a")
        world.ledger.release()
        world.run()
        #expect(reader.isEnded && !reader.text.contains("secret"))
        #expect(query == "transport=poll-sse" || reader.response?.status == .unauthorized)
    }

    @Test func `However readers end, the others are still found`() throws {
        var readers = try (0..<20).map { try world.read($0 % 2 == 0 ? "transport=sse" : "transport=poll") }
        readers[3].disconnect()
        readers[0].disconnect()
        readers[8].delegate?.drain()
        readers[7].reachDeadline()
        readers[19].closeInput()
        readers[19].reachDeadline()
        let rest = readers.indices.filter { !readers[$0].isEnded }
        #expect(rest.count == 15)
        try self.deny("a")
        #expect(readers.filter { !$0.isEnded }.isEmpty)
        #expect(rest.allSatisfy { readers[$0].text.contains("revoked") || readers[$0].response != nil })
        readers = []
        try self.deny("a")
        let last = try world.read("transport=sse")
        try self.deny("a")
        #expect(last.isEnded)
    }
}
