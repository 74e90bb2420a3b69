import Channels
import EventStream
import JSON

/// Events as blocks of an event stream (WHATWG HTML, section 9.2).
extension Batch {
    /// A block an event.
    package func blocks() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(self.events.reduce(0) { $0 + $1.size + 64 })
        for event in self.events {
            EventStreamEncoder.appendEvent(id: self.id(of: event), type: event.type, data: event.data, to: &bytes)
        }
        return bytes
    }

    /// The same, where the data of a block is the JSON of the event's channel, type and data.
    package func envelopedBlocks() -> [UInt8] {
        var bytes: [UInt8] = []
        for event in self.events {
            var data = Array("{\"channel\":".utf8)
            JSON.appendQuoted(event.channel.bytes, to: &data)
            data.append(contentsOf: ",\"event\":".utf8)
            JSON.appendQuoted(event.shownType, to: &data)
            data.append(contentsOf: ",\"data\":".utf8)
            JSON.appendQuoted(event.data, to: &data)
            data.append(UInt8(ascii: "}"))
            EventStreamEncoder.appendEvent(id: self.id(of: event), type: [], data: data, to: &bytes)
        }
        return bytes
    }
}
