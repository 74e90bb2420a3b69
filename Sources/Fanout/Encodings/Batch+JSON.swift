package import Channels
import JSON

/// Events as the JSON that a poll is answered with.
extension Batch {
    /// - Parameter gap: What the reader asked for and is not given.
    package func json(gap: Gap?) -> [UInt8] {
        var bytes = Array("{\"events\":[".utf8)
        bytes.reserveCapacity(self.events.reduce(128) { $0 + $1.size + 160 })
        for (index, event) in self.events.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            self.append(event, to: &bytes)
        }
        bytes.append(contentsOf: "],\"next\":".utf8)
        JSON.appendQuoted(self.cursor.bytes, to: &bytes)
        bytes.append(contentsOf: ",\"gap\":".utf8)
        bytes.append(contentsOf: gap?.json ?? Array("null".utf8))
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private func append(_ event: Event, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: "{\"id\":".utf8)
        JSON.appendQuoted(self.id(of: event), to: &bytes)
        bytes.append(contentsOf: ",\"channel\":".utf8)
        JSON.appendQuoted(event.channel.bytes, to: &bytes)
        bytes.append(contentsOf: ",\"event\":".utf8)
        JSON.appendQuoted(event.shownType, to: &bytes)
        bytes.append(contentsOf: ",\"data\":".utf8)
        JSON.appendQuoted(event.data, to: &bytes)
        bytes.append(contentsOf: ",\"time\":".utf8)
        bytes.append(decimal: UInt64(event.time))
        bytes.append(UInt8(ascii: "}"))
    }
}

extension Event {
    private static let message = Array("message".utf8)

    /// The type as it is named to clients.
    var shownType: [UInt8] { self.type.isEmpty ? Self.message : self.type }
}
