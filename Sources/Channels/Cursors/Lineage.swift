/// A life of a ledger that is over.
public struct PastLife: Hashable, Sendable {
    public let epoch: Epoch
    /// The last position of it that the ledger knows. Behind that it may have had more events, which are lost: others may have
    /// read them.
    public let through: Position

    public init(epoch: Epoch, through: Position) {
        self.epoch = epoch
        self.through = through
    }
}

/// The lives of a ledger, up to one of them. Positions go on from life to life, and an event keeps for ever the id that it
/// was born with: that of its own life.
///
/// A cursor is of the life that its reader is in. Who comes with one of a past life, such as an event's id, reads to the end of that
/// and is told what is lost there. One of the present life stands at its position, wherever that is: there is nothing to be told.
public struct Lineage: Hashable, Sendable {
    /// The epoch of the last of the lives.
    public let epoch: Epoch
    /// Those before it, the oldest first.
    private let past: [PastLife]
    /// Where the last of them ended. Most ledgers have one life: then this is all that is looked at.
    private let start: Position

    public init(_ epoch: Epoch, past: [PastLife] = []) {
        self.epoch = epoch
        self.past = past
        self.start = past.last?.through ?? .zero
    }

    /// The id of the event at a position.
    public func id(ofEvent position: Position) -> EventID {
        if position > self.start { return EventID(epoch: self.epoch, position: position) }
        let life = self.past.first { position <= $0.through }
        return EventID(epoch: life?.epoch ?? self.epoch, position: position)
    }

    /// The cursor of a reader that is in the last of the lives, and has everything up to a position.
    public func id(ofPlace position: Position) -> EventID { EventID(epoch: self.epoch, position: position) }
}

// MARK: Readers of past lives

extension Lineage {
    /// Where a cursor stands.
    public struct Place: Equatable, Sendable {
        public let position: Position
        /// Which of the past lives the cursor is of; `nil` for the last life.
        public let pastLife: Int?
    }

    /// The place that a cursor stands for.
    ///
    /// A cursor beyond what is known of its life stands at the end of it: its client has had events that are lost.
    ///
    /// - Parameter head: The position of the newest event.
    /// - Throws: Why it stands for none, which for the client is a gap: its epoch is of another ledger, or the text is no
    ///   id, or lies beyond the newest event.
    public func place(of cursor: Cursor, head: Position) throws(Gap.Reason) -> Place {
        guard let id = EventID(parsing: cursor.text) else { throw .unknown }
        if id.epoch == self.epoch {
            guard id.position <= head else { throw .unknown }
            return Place(position: id.position, pastLife: nil)
        }
        guard let index = self.past.lastIndex(where: { $0.epoch == id.epoch }) else { throw .epoch }
        return Place(position: min(id.position, self.past[index].through), pastLife: index)
    }

    /// Where one of the past lives ended.
    public func end(ofPastLife index: Int) -> Position { self.past[index].through }

    /// The life that begins where another one has ended, passing over those without an event; `nil` for the last.
    public func life(behindPastLife index: Int) -> Int? {
        self.past.indices.first { $0 > index && self.past[$0].through > self.past[index].through }
    }

    /// The lineage as it was in one of the past lives, for a reader that has not been told of its end.
    public func upTo(pastLife index: Int) -> Lineage {
        Lineage(self.past[index].epoch, past: Array(self.past[..<index]))
    }
}
