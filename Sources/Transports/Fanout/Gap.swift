import Channels
import EventStream
import JSON

/// Events that a reader asked for and that are no longer kept.
struct Gap: Equatable {
    enum Reason: String {
        /// Dropped, or deleted.
        case trimmed
        /// The cursor is of another epoch.
        case epoch
        /// The cursor cannot be read, or is beyond the head.
        case unknown
    }

    static let eventType = Array("pollux.gap".utf8)

    let reason: Reason
    /// The cursor that was asked for, as the client sent it.
    let after: [UInt8]
    /// The id of the first event that follows; `nil` if there is none yet.
    let resumedAt: EventID?

    /// What clients see, in an event and in a poll's answer.
    var json: [UInt8] {
        var bytes = Array("{\"reason\":\"\(self.reason.rawValue)\",\"after\":".utf8)
        JSON.appendQuoted(self.after, to: &bytes)
        bytes.append(contentsOf: ",\"resumedAt\":".utf8)
        if let id = self.resumedAt {
            JSON.appendQuoted(id.bytes, to: &bytes)
        } else {
            bytes.append(contentsOf: "null".utf8)
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// The event that tells of it: without an id, so that the reader's cursor stays.
    func appendEvent(to bytes: inout [UInt8]) {
        EventStreamEncoder.appendEvent(id: nil, type: Self.eventType, data: self.json, to: &bytes)
    }
}
