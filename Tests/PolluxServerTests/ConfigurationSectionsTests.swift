import Channels
import HTTPServing
import PolluxServer
import Sources
import Testing

@Suite struct ConfigurationSectionsTests {
    /// What is kept of a channel.
    private func retention(_ text: String, of channel: String) throws -> Retention {
        try load(text).server.ledgerSettings.retention.retention(of: ChannelName(channel))
    }

    @Test func `Proxies are networks, in an array or with commas between them`() throws {
        let networks = ["10.0.0.0/8", "::1/128"].compactMap { Network($0) }
        for text in [#"["10.0.0.0/8", "::1"]"#, #""10.0.0.0/8, ::1""#] {
            let loaded = try load(#"{"proxies": \#(text), "forwarded": "xForwardedFor"}"#)
            #expect(loaded.server.forwarding == Forwarding(proxies: networks, field: .xForwardedFor))
        }
        #expect(try load("{}").server.forwarding == Forwarding())
    }

    @Test func `A listener asks for the PROXY protocol`() throws {
        let text = #"{"listen": [{"address": "127.0.0.1:1", "proxyProtocol": true}, {"address": "127.0.0.1:2"}]}"#
        #expect(try load(text).server.listen.map(\.proxyProtocol) == [true, false])
    }

    @Test func `Without retention every channel has the default`() throws {
        #expect(try self.retention("{}", of: "a") == Retention())
        #expect(try self.retention(#"{"retention": {}}"#, of: "a") == Retention())
    }

    @Test func `The star holds for all channels`() throws {
        let text = #"{"retention": {"*": {"events": 5, "age": "1d", "bytes": "1KB"}}}"#
        #expect(try self.retention(text, of: "a") == Retention(events: 5, age: .seconds(86_400), bytes: 1_024))
    }

    @Test func `What a pattern leaves out is as for the star, wherever that stands`() throws {
        let text = #"{"retention": {"orders.*": {"age": 60}, "*": {"events": 5}}}"#
        #expect(try self.retention(text, of: "orders.eu") == Retention(events: 5, age: .seconds(60)))
        #expect(try self.retention(text, of: "other") == Retention(events: 5))
    }

    @Test func `Retention is told pattern by pattern`() throws {
        let loaded = try load(#"{"retention": {"orders.*": {"age": 60}, "*": {"events": 1000}}}"#)
        #expect(loaded.changes.map(\.key) == ["retention.orders.*"])
        #expect(loaded.changes.map(\.value) == ["1000 events, 1m, 4MB"])
    }

    @Test(arguments: [
        (#"{"retention": 5}"#, "retention is 5, but must be an object with a member for each pattern"),
        (#"{"retention": {"*": 5}}"#, "retention.* is 5, but must be an object with events, age, bytes"),
        (#"{"retention": {"a": {"evnts": 5}}}"#, "retention.a.evnts is not known; did you mean retention.a.events?"),
        (#"{"retention": {"a": {"colour": 5}}}"#, "retention.a.colour is not known"),
        (
            #"{"retention": {"a": {"events": 0}}}"#,
            "retention.a.events is 0, but must be a whole number from 1 to 1000000000"
        ),
        (
            #"{"retention": {"a": {"age": "x"}}}"#,
            #"retention.a.age is "x", but must be a time from 1ms to 3650d, such as 15s"#
        ),
        (
            #"{"retention": {"a": {"bytes": -1}}}"#,
            "retention.a.bytes is -1, but must be a size from 1B to 1024TB, such as 64KB"
        ),
        (#"{"sources": {}}"#, "sources is {}, but must be an array with an object for each source"),
        (#"{"sources": [1]}"#, "sources[0] is 1, but must be an object with channel, kind, every, from, to"),
        (
            #"{"sources": [{"channel": "a", "kind": "clock", "every": "1s", "evry": 1}]}"#,
            "sources[0].evry is not known; did you mean sources[0].every?"
        ),
        (
            #"{"sources": [{"channel": "a", "kind": "clock"}]}"#,
            "sources[0].every is missing; it must be a time from 10ms to 3650d, such as 15s"
        ),
        (
            #"{"sources": [{"channel": "a", "kind": "cron", "every": 1}]}"#,
            #"sources[0].kind is "cron", but must be one of clock, randomWalk"#
        ),
        (
            #"{"sources": [{"channel": "a", "kind": "randomWalk", "every": 1, "from": 7, "to": 7}]}"#,
            "sources[0].from is 7, but must be less than sources[0].to, which is 7"
        ),
        (
            #"{"sources": [{"channel": "..", "kind": "clock", "every": 1}]}"#,
            #"sources[0].channel is "..", but must be a channel name: 1 to 256 bytes without control characters"#
        ),
    ])
    func `What is wrong in a section is told with its place`(_ text: String, _ problem: String) {
        #expect(problems(text) == ["pollux.json: \(problem)"])
    }

    @Test func `Sources are read in their order`() throws {
        let clock = #"{"channel": "date", "kind": "clock", "every": "1s"}"#
        let slow = #"{"channel": "slow", "kind": "clock", "every": 60}"#
        let walk = #"{"channel": "walk", "kind": "randomWalk", "every": 1, "from": -5, "to": 5}"#
        #expect(
            try load("{\"sources\": [\(clock), \(slow), \(walk)]}").server.sources == [
                SourceConfiguration(channel: ChannelName("date"), kind: .clock, every: .seconds(1)),
                SourceConfiguration(channel: ChannelName("slow"), kind: .clock, every: .seconds(60)),
                SourceConfiguration(channel: ChannelName("walk"), kind: .randomWalk, every: .seconds(1), range: -5...5),
            ])
    }

    @Test func `Sections are in the file only`() {
        #expect(problems(environment: ["POLLUX_SOURCES": "[]"], flags: ["retention": "{}"]).count == 2)
    }
}
