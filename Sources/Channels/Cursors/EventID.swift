/// The id of an event as clients see it: the text `<epoch>-<position>`, opaque to them, the same on every transport.
///
/// ASCII letters, digits and `-` only, at most 52 bytes: safe in a header, in a query without escaping, and in CORS
/// without a preflight. A ledger of several partitions can add its parts behind further `-` and `.`.
public struct EventID: Hashable, Sendable, CustomStringConvertible {
    public let epoch: Epoch
    public let position: Position

    public init(epoch: Epoch, position: Position) {
        self.epoch = epoch
        self.position = position
    }

    /// Reads an id that a client sent. Strict: `nil` for anything that ``description`` would not have written.
    public init?(parsing text: [UInt8]) {
        guard let dash = text.firstIndex(of: UInt8(ascii: "-")), let epoch = Epoch(text[..<dash]),
            let position = Self.position(of: text[(dash + 1)...])
        else { return nil }
        self.init(epoch: epoch, position: position)
    }

    private static func position(of digits: ArraySlice<UInt8>) -> Position? {
        guard (1...19).contains(digits.count), digits.first != UInt8(ascii: "0") || digits.count == 1 else {
            return nil
        }
        var value: UInt64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + UInt64(digit - UInt8(ascii: "0"))
        }
        return value <= Position.maximum.rawValue ? Position(rawValue: value) : nil
    }

    /// The bytes of the text.
    public var bytes: [UInt8] {
        var bytes = [UInt8]()
        bytes.reserveCapacity(self.epoch.bytes.count + 20)
        self.append(to: &bytes)
        return bytes
    }

    /// Writes the text behind what `bytes` holds.
    public func append(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: self.epoch.bytes)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(decimal: self.position.rawValue)
    }

    public var description: String { String(decoding: self.bytes, as: UTF8.self) }
}
