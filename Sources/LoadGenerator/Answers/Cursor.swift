/// Where a reader goes on: the last event ID, and for polls of nchan the validators that it uses for the same.
///
/// Its buffers are written over, so that a cursor that moves allocates nothing.
struct Cursor: Equatable {
    private(set) var lastEventID: [UInt8] = []
    private(set) var entityTag: [UInt8] = []
    private(set) var lastModified: [UInt8] = []

    mutating func setLastEventID(_ value: UnsafeRawBufferPointer) { Self.write(value, over: &self.lastEventID) }
    mutating func setEntityTag(_ value: UnsafeRawBufferPointer) { Self.write(value, over: &self.entityTag) }
    mutating func setLastModified(_ value: UnsafeRawBufferPointer) { Self.write(value, over: &self.lastModified) }

    mutating func clear() {
        self.lastEventID.removeAll(keepingCapacity: true)
        self.entityTag.removeAll(keepingCapacity: true)
        self.lastModified.removeAll(keepingCapacity: true)
    }

    /// Takes over what another one says; what it does not say is kept.
    mutating func update(from other: Cursor) {
        if !other.lastEventID.isEmpty { self.lastEventID = other.lastEventID }
        if !other.entityTag.isEmpty { self.entityTag = other.entityTag }
        if !other.lastModified.isEmpty { self.lastModified = other.lastModified }
    }

    /// The fields of a request that goes on here, with their values.
    var fields: [(name: StaticString, value: [UInt8])] {
        var fields: [(StaticString, [UInt8])] = []
        if !self.lastEventID.isEmpty { fields.append(("last-event-id", self.lastEventID)) }
        if !self.entityTag.isEmpty { fields.append(("if-none-match", self.entityTag)) }
        if !self.lastModified.isEmpty { fields.append(("if-modified-since", self.lastModified)) }
        return fields
    }

    private static func write(_ value: UnsafeRawBufferPointer, over buffer: inout [UInt8]) {
        buffer.removeAll(keepingCapacity: true)
        buffer.append(contentsOf: value)
    }
}
