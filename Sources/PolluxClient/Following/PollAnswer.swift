import JSON
import NIOCore

/// The answer to a poll.
struct PollAnswer: Equatable {
    let events: [FollowedEvent]
    /// The cursor of the next poll, also when there are no events.
    let next: String
    let gap: Gap?

    /// Puts an answer together.
    init(events: [FollowedEvent], next: String, gap: Gap? = nil) {
        self.events = events
        self.next = next
        self.gap = gap
    }

    /// Reads an answer's content.
    ///
    /// - Throws: ``ClientError/unreadable(_:)``.
    init(parsing content: ByteBuffer) throws(ClientError) {
        guard let members = try? JSONValue(parsing: Array(content.readableBytesView)),
            let elements = members["events"]?.elements, let next = members["next"]?.stringValue
        else { throw .unreadable("a poll was not answered with the JSON that it should be") }
        var events: [FollowedEvent] = []
        for element in elements { events.append(try FollowedEvent(element)) }
        var gap: Gap?
        if let told = members["gap"], !told.isNull { gap = try Gap(told) }
        self.init(events: events, next: next, gap: gap)
    }
}
