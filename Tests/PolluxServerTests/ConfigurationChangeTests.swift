import Access
import Doors
import Testing

@testable import PolluxServer

@Suite struct ConfigurationChangeTests {
    private func change(_ old: String, _ new: String) throws -> ConfigurationChange {
        ConfigurationChange(from: try load(old).server, to: try load(new).server)
    }

    @Test func `The same configuration changes nothing`() throws {
        let change = try self.change(
            #"{"port": 1, "limits": {"channels": 3}}"#, #"{"port": 1, "limits": {"channels": 3}}"#)
        #expect(change.atOnce == [])
        #expect(change.atNextStart == [])
    }

    @Test func `Limits and habits are taken on at once`() throws {
        let change = try self.change(
            "{}", #"{"limits": {"channels": 3}, "poll": {"limit": 5}, "drain": {"timeout": 1}}"#)
        #expect(change.atOnce == ["drain.timeout = 1s", "limits.channels = 3", "poll.limit = 5"])
        #expect(change.configuration.transports.channels == 3)
        #expect(change.configuration.transports.pollLimit == 5)
        #expect(change.configuration.drainTimeout == .seconds(1))
        #expect(change.atNextStart == [])
    }

    @Test func `Limits of addresses, principals and channels are taken on at once, and back`() throws {
        let written = #"{"limits": {"address": {"connectionRate": "1/s"}, "channel": {"readers": 3}}}"#
        let change = try self.change("{}", written)
        #expect(change.atOnce == ["limits.address.connectionRate = 1/s", "limits.channel.readers = 3"])
        #expect(change.configuration.access.limits.connections.arrivals == .most(Rate(1, per: .second)))
        let back = try self.change(written, "{}").configuration.access.limits
        #expect(back.connections.arrivals == .standard && back.channel.readers == nil)
    }

    @Test func `What is no longer given goes back to its default`() throws {
        let change = try self.change(#"{"limits": {"channels": 3}}"#, "{}")
        #expect(change.atOnce == ["limits.channels = 256"])
        #expect(change.configuration.transports.channels == 256)
    }

    @Test func `Where to listen, the ledger, retention and sources wait for the next start, and stay as they are`()
        throws
    {
        let change = try self.change(
            "{}",
            #"""
            {"port": 1, "ledger": "memory", "retention": {"*": {"events": 1}},
             "sources": [{"channel": "c", "kind": "clock", "every": 1}]}
            """#)
        #expect(change.atOnce == [])
        #expect(change.atNextStart == ["port = 1", "ledger = memory", "retention", "sources"])
        #expect(change.configuration.port == 8080)
        #expect(change.configuration.sources == [])
    }

    @Test func `Every setting of a live group is one that exists`() {
        for group in Setting.liveGroups {
            #expect(Setting.all.contains { $0.key == group || $0.key.hasPrefix(group + ".") })
        }
    }
}
