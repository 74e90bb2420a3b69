package import Channels

/// A piece of the log that is given to readers. Owner: the event loop that made it.
package final class Batch {
    /// Of which lives the events are, and the cursor of a reader that was given the batch.
    package let lineage: Lineage
    /// The position after which the batch begins.
    package let after: Position
    package let events: [Event]
    /// Where a reader is that was given the batch.
    package let through: Position
    /// The bytes of all types and data.
    private lazy var size = self.events.reduce(0) { $0 + $1.size }
    /// What it was encoded to so far, in the order of first use: two or three at most.
    private var encoded: [(encoding: ObjectIdentifier, result: AnyObject)] = []

    package init(_ lineage: Lineage, after: Position, events: [Event], through: Position) {
        self.lineage = lineage
        self.after = after
        self.events = events
        self.through = through
    }

    package convenience init(_ page: Page, _ lineage: Lineage) {
        self.init(lineage, after: page.after, events: page.events, through: page.through)
    }

    /// The first events alone.
    ///
    /// - Parameters:
    ///   - limit: The most events.
    ///   - size: The bytes of types and data that are enough: the event that fills them is the last. One is taken in any case.
    package func prefix(_ limit: Int, filling size: Int) -> Batch {
        if self.events.count <= limit, self.size <= size { return self }
        var (count, filled) = (0, 0)
        while count < min(limit, self.events.count), filled < size || count == 0 {
            filled += self.events[count].size
            count += 1
        }
        guard count < self.events.count, count > 0 else { return self }
        let events = Array(self.events[..<count])
        return Batch(self.lineage, after: self.after, events: events, through: events[count - 1].position)
    }

    /// The id that a reader has when it was given the batch.
    package var cursor: EventID { self.lineage.id(ofPlace: self.through) }

    func id(of event: Event) -> [UInt8] { self.lineage.id(ofEvent: event.position).bytes }

    /// The batch in an encoding: made for the first reader that wants it, then the same object for all others.
    package func encoded<Form: Encoding>(_ encoding: Form.Type) -> Form.Encoded {
        let key = ObjectIdentifier(encoding)
        for entry in self.encoded where entry.encoding == key {
            // An encoding has one type of result, so the cast cannot fail.
            return unsafeDowncast(entry.result, to: Form.Encoded.self)
        }
        let result = Form.encode(self)
        self.encoded.append((key, result))
        return result
    }
}

@available(*, unavailable)
extension Batch: Sendable {}
