import EventStream
import JSON

/// An event as a follower receives it.
public struct FollowedEvent: Equatable, Sendable {
    /// The event id: the cursor behind this event.
    public let id: String
    /// The channel that it was published to.
    public let channel: String
    /// The event type; `message` where the publisher named none.
    public let type: String
    /// The data.
    public let data: String

    /// Puts an event together.
    public init(id: String, channel: String, type: String, data: String) {
        self.id = id
        self.channel = channel
        self.type = type
        self.data = data
    }
}

extension FollowedEvent {
    /// Reads an event of a stream asked for with `envelope=json`.
    ///
    /// - Throws: ``ClientError/unreadable(_:)``.
    init(_ received: ReceivedEvent) throws(ClientError) {
        guard let members = try? JSONValue(parsing: Array(received.data.utf8)),
            let channel = members["channel"]?.stringValue, let type = members["event"]?.stringValue,
            let data = members["data"]?.stringValue
        else { throw .unreadable("an event is not in the envelope that was asked for") }
        self.init(id: received.lastEventID, channel: channel, type: type, data: data)
    }

    /// Reads an event of a poll's answer.
    ///
    /// - Throws: ``ClientError/unreadable(_:)``.
    init(_ members: JSONValue) throws(ClientError) {
        guard let id = members["id"]?.stringValue, let channel = members["channel"]?.stringValue,
            let type = members["event"]?.stringValue, let data = members["data"]?.stringValue
        else { throw .unreadable("an event of a poll lacks a member") }
        self.init(id: id, channel: channel, type: type, data: data)
    }
}
