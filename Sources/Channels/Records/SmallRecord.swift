/// A small thing that a ledger keeps by its name, beside the events.
public struct SmallRecord: Equatable, Sendable {
    /// The most bytes that one may have.
    public static let maximumSize = 64 << 10

    public let name: RecordName
    public let bytes: [UInt8]
    /// From when on it is gone, in milliseconds since 1970; `nil` if it stays.
    public let end: Int64?

    /// `nil` for more bytes than a record may have.
    public init?(_ name: RecordName, _ bytes: [UInt8], end: Int64? = nil) {
        guard bytes.count <= Self.maximumSize else { return nil }
        self.name = name
        self.bytes = bytes
        self.end = end
    }

    /// - Parameter now: In milliseconds since 1970.
    public func isOver(at now: Int64) -> Bool { self.end.map { $0 <= now } ?? false }
}

/// The name of a record: 1 to 256 printable ASCII characters, in the order of their bytes.
public struct RecordName: Hashable, Comparable, Sendable {
    /// The most characters that a name may have.
    public static let maximumLength = 256

    public let text: String

    /// `nil` for what is no name.
    public init?(_ text: String) {
        guard (1...Self.maximumLength).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else { return nil }
        self.text = text
    }

    public static func < (left: RecordName, right: RecordName) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}

/// What is to become of a record.
public enum RecordChange: Equatable, Sendable {
    /// Keep it, in place of one of the same name.
    case put(SmallRecord)
    /// Keep it no longer; one that never was is no error.
    case remove(RecordName)

    public var name: RecordName {
        switch self {
        case .put(let record): record.name
        case .remove(let name): name
        }
    }
}

/// Which records are asked for.
public enum RecordQuery: Sendable {
    case named(RecordName)
    /// Those whose names begin so, behind a name where one is given, in the order of the names, up to a number.
    case prefix(String, after: RecordName? = nil, limit: Int)
}
