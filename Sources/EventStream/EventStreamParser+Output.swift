/// An event as a reader's listeners get it (WHATWG HTML §9.2.6, "dispatch the event").
public struct ReceivedEvent: Equatable, Sendable {
    /// The event type; `message` when the stream named none.
    public var type: String
    /// The lines of the event's data, joined with LF.
    public var data: String
    /// The last event ID at the time of the event. It persists: an event without an `id` has that of the one before.
    public var lastEventID: String

    /// Puts an event together, as the parser does.
    public init(type: String = "message", data: String, lastEventID: String = "") {
        self.type = type
        self.data = data
        self.lastEventID = lastEventID
    }
}

extension EventStreamParser {
    /// What a stream tells its reader.
    public enum Output: Equatable, Sendable {
        /// A block with data was complete.
        case event(ReceivedEvent)
        /// A `retry` field set the reconnection time; one above `Int.max` is given as `Int.max`.
        case reconnectionTime(milliseconds: Int)
        /// A block without data changed the last event ID. It fires no event.
        case lastEventID(String)
    }

    /// The stream holds an event, or a line, of more than ``EventStreamParser/maximumEventSize`` bytes.
    public struct EventTooLarge: Error, Equatable, Sendable {
        /// The limit, in bytes.
        public let maximumEventSize: Int
    }
}
