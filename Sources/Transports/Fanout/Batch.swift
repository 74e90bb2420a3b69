import Channels
import EventStream
import HTTPServing
import JSON

/// How the events of a batch become bytes.
enum Framing: Int, CaseIterable {
    /// Blocks of an event stream (WHATWG HTML, section 9.2).
    case eventStream
    /// Blocks whose data is the JSON of channel, type and data.
    case envelope
}

/// A piece of the log that is given to readers: encoded once for each framing, however many they are.
/// Owner: the event loop that made it.
final class Batch {
    let epoch: Epoch
    /// The position behind which the batch begins.
    let after: Position
    let events: [Event]
    /// The cursor of a reader that was given the batch.
    let through: Position
    /// The bytes of all types and data.
    private lazy var size = self.events.reduce(0) { $0 + $1.size }
    private var encodings = [SharedBytes?](repeating: nil, count: Framing.allCases.count)
    /// The response to a poll that is given exactly this batch.
    private(set) lazy var pollResponse = SharedResponse(PollContent.response(self, gap: nil))

    init(epoch: Epoch, after: Position, events: [Event], through: Position) {
        self.epoch = epoch
        self.after = after
        self.events = events
        self.through = through
    }

    convenience init(_ page: Page, epoch: Epoch) {
        self.init(epoch: epoch, after: page.after, events: page.events, through: page.through)
    }

    /// The first events alone.
    ///
    /// - Parameters:
    ///   - limit: The most events.
    ///   - size: The bytes of types and data that are enough: the event that fills them is the last. One is taken in any case.
    func prefix(_ limit: Int, filling size: Int) -> Batch {
        if self.events.count <= limit, self.size <= size { return self }
        var (count, filled) = (0, 0)
        while count < min(limit, self.events.count), filled < size || count == 0 {
            filled += self.events[count].size
            count += 1
        }
        guard count < self.events.count, count > 0 else { return self }
        let events = Array(self.events[..<count])
        return Batch(epoch: self.epoch, after: self.after, events: events, through: events[count - 1].position)
    }

    /// The id that a reader has when it was given the batch.
    var cursor: EventID { EventID(epoch: self.epoch, position: self.through) }

    func bytes(_ framing: Framing) -> SharedBytes {
        if let encoded = self.encodings[framing.rawValue] { return encoded }
        let encoded = SharedBytes(self.encode(framing))
        self.encodings[framing.rawValue] = encoded
        return encoded
    }

    private func encode(_ framing: Framing) -> [UInt8] {
        switch framing {
        case .eventStream: self.eventStream()
        case .envelope: self.enveloped()
        }
    }

    private func eventStream() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(self.events.reduce(0) { $0 + $1.size + 64 })
        for event in self.events {
            EventStreamEncoder.appendEvent(id: self.id(of: event), type: event.type, data: event.data, to: &bytes)
        }
        return bytes
    }

    private func enveloped() -> [UInt8] {
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

    func id(of event: Event) -> [UInt8] { EventID(epoch: self.epoch, position: event.position).bytes }
}

extension Event {
    private static let message = Array("message".utf8)

    /// The type as it is named to clients.
    var shownType: [UInt8] { self.type.isEmpty ? Self.message : self.type }
}
