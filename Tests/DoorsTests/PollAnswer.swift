import HTTPServing
import JSON
import NIOCore
import NIOHTTP1
import Testing

/// A poll's answer as a client reads it.
struct PollAnswer: Equatable {
    struct Event: Equatable {
        let id: String
        let channel: String
        let type: String
        let data: String
        let time: Int64
    }

    struct Gap: Equatable {
        let reason: String
        let after: String
        let resumedAt: String?

        init(reason: String, after: String, resumedAt: String?) {
            self.reason = reason
            self.after = after
            self.resumedAt = resumedAt
        }

        /// - Parameter value: An object with exactly the three members.
        init?(_ value: JSONValue) {
            guard value.members?.map(\.name) == ["reason", "after", "resumedAt"],
                let reason = value["reason"]?.stringValue, let after = value["after"]?.stringValue,
                let resumedAt = value["resumedAt"], resumedAt.isNull || resumedAt.stringValue != nil
            else { return nil }
            self.init(reason: reason, after: after, resumedAt: resumedAt.stringValue)
        }

        /// Out of the data of a gap event.
        init?(_ data: String) {
            guard let value = try? JSONValue(parsing: Array(data.utf8)) else { return nil }
            self.init(value)
        }
    }

    let events: [Event]
    let next: String
    let gap: Gap?

    init(_ response: Response?) throws {
        let response = try #require(response)
        let value = try JSONValue(parsing: Array(try #require(response.body).readableBytesView))
        #expect(response.status == .ok)
        #expect(value.members?.map(\.name) == ["events", "next", "gap"])
        self.events = try #require(value["events"]?.elements).map { event in
            #expect(event.members?.map(\.name) == ["id", "channel", "event", "data", "time"])
            return Event(
                id: try #require(event["id"]?.stringValue), channel: try #require(event["channel"]?.stringValue),
                type: try #require(event["event"]?.stringValue), data: try #require(event["data"]?.stringValue),
                time: try #require(event["time"]?.integerValue))
        }
        self.next = try #require(value["next"]?.stringValue)
        let gap = try #require(value["gap"])
        self.gap = Gap(gap)
        #expect((self.gap == nil) == gap.isNull)
        #expect(response.headers["Last-Event-ID"] == [self.next])
    }
}
