/// The sequence number of an event in one ledger.
///
/// There is one order over all channels of a ledger, so one position is a cursor for any set of channels. The first
/// event has position 1; ``zero`` is before every event.
public struct Position: RawRepresentable, Hashable, Comparable, Sendable {
    /// Before the first event.
    public static let zero = Position(rawValue: 0)

    /// The most that a position can be: what fits in a signed 64-bit integer, as databases have them.
    public static let maximum = Position(rawValue: UInt64(Int64.max))

    public let rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// The position right before this one; ``zero`` has none and stays.
    public var predecessor: Position { Position(rawValue: self.rawValue == 0 ? 0 : self.rawValue - 1) }

    /// The position `count` after this one.
    public func advanced(by count: Int) -> Position {
        Position(rawValue: self.rawValue + UInt64(count))
    }

    public static func < (left: Position, right: Position) -> Bool { left.rawValue < right.rawValue }
}
