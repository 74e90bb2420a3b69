package import Channels
import EventStream
import JSON

extension Gap {
    private static let eventType = Array("pollux.gap".utf8)

    /// What clients see, in an event and in a poll's answer.
    package var json: [UInt8] {
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

    /// Appends the event that reports the gap. It has no id, so that the reader's cursor stays.
    package func appendEvent(to bytes: inout [UInt8]) {
        EventStreamEncoder.appendEvent(id: nil, type: Self.eventType, data: self.json, to: &bytes)
    }
}
