/// An event: immutable once it is appended, shared by reference between the ledger, the log and every reader.
public final class Event: Sendable {
    /// Its place in the order of the ledger.
    public let position: Position
    /// When it was appended, in milliseconds since 1970.
    public let time: Int64
    /// The same by the steady clock, for its age; 0 for one that was read from a store.
    public let instant: Int64
    public let channel: ChannelName
    /// UTF-8 without control characters, at most 128 bytes; empty for the type `message`.
    public let type: [UInt8]
    /// UTF-8 text whose only line end is LF.
    public let data: [UInt8]
    public let attributes: Attributes

    public init(
        position: Position, time: Int64, instant: Int64 = 0, channel: ChannelName, type: [UInt8], data: [UInt8],
        attributes: Attributes = Attributes()
    ) {
        self.position = position
        self.time = time
        self.instant = instant
        self.channel = channel
        self.type = type
        self.data = data
        self.attributes = attributes
    }

    /// What counts towards the limits of retention, in bytes.
    public var size: Int { self.type.count + self.data.count + self.attributes.bytes.count }
}

/// An event that has no position yet: what a publisher sent.
public struct Draft: Hashable, Sendable {
    /// The most bytes that a type may have.
    public static let maximumTypeLength = 128

    /// Types that begin so are the server's own.
    public static let reservedPrefix = Array("pollux.".utf8)

    /// As in ``Event/type``: empty for the type `message`.
    public let type: [UInt8]
    /// As in ``Event/data``.
    public let data: [UInt8]
    public let attributes: Attributes

    /// Takes what came from outside: CR and CRLF in `data` become LF; the type `message` is the same as none.
    ///
    /// - Throws: ``InvalidDraft``, saying which rule the type or the data breaks.
    public init(type: [UInt8] = [], data: [UInt8], attributes: Attributes = Attributes()) throws(InvalidDraft) {
        self.attributes = attributes
        self.type = try Self.checked(type: type)
        guard data.isUTF8 else { throw .dataNotUTF8 }
        self.data = data.withLineFeeds()
    }

    /// As in ``Event/size``.
    public var size: Int { self.type.count + self.data.count + self.attributes.bytes.count }

    /// Whether a type and data are as a draft keeps them; builds none, since all that is read from a store is asked.
    public static func isKept(type: [UInt8], data: [UInt8]) -> Bool {
        (try? Self.checked(type: type)) == type && data.isUTF8 && !data.hasCarriageReturn
    }

    private static func checked(type: [UInt8]) throws(InvalidDraft) -> [UInt8] {
        guard !type.isEmpty else { return type }
        guard type.count <= Self.maximumTypeLength else { throw .typeTooLong }
        switch type.textKind {
        case .notUTF8: throw .typeNotUTF8
        case .withControls: throw .typeControlCharacter
        case .plain: break
        }
        guard !type.starts(with: Self.reservedPrefix) else { throw .typeReserved }
        return type == Array("message".utf8) ? [] : type
    }
}

/// Why something is no event.
public enum InvalidDraft: Error, Equatable, CustomStringConvertible {
    case dataNotUTF8
    case typeTooLong
    case typeNotUTF8
    case typeControlCharacter
    case typeReserved

    public var description: String {
        switch self {
        case .dataNotUTF8: "the data must be UTF-8 text"
        case .typeTooLong: "the event type has at most \(Draft.maximumTypeLength) bytes"
        case .typeNotUTF8: "the event type must be UTF-8"
        case .typeControlCharacter: "the event type must not hold control characters"
        case .typeReserved: "event types that begin with 'pollux.' are the server's own; choose another"
        }
    }
}
