/// Where a reader goes on, as its client says it: the id of the last event that it has.
///
/// To everything else a cursor is opaque. Only ``Lineage`` knows that it is one number of one life today.
public struct Cursor: Hashable, Sendable {
    /// As the client sent it; nothing of it is checked yet.
    public let text: [UInt8]

    public init(_ text: [UInt8]) {
        self.text = text
    }
}
