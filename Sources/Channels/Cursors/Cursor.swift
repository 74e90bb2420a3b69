/// Where a reader goes on, as its client says it: the id of the last event that it has.
///
/// To everything else a cursor is opaque. This is the only place that knows that it is one number of one epoch today.
public struct Cursor: Hashable, Sendable {
    /// As the client sent it; nothing of it is checked yet.
    public let text: [UInt8]

    public init(_ text: [UInt8]) {
        self.text = text
    }

    /// The position that the cursor stands for in a ledger.
    ///
    /// - Throws: Why it stands for none, which for the client is a gap: the epoch is another, or the text is no id, or
    ///   lies beyond the newest event.
    public func position(in epoch: Epoch, head: Position) throws(Gap.Reason) -> Position {
        guard let id = EventID(parsing: self.text) else { throw .unknown }
        guard id.epoch == epoch else { throw .epoch }
        guard id.position <= head else { throw .unknown }
        return id.position
    }
}
