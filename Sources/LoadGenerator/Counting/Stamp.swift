/// What is at the beginning of each event's data: whose event it is, when it was sent, and its number in its channel.
///
/// As text `@@` and 24 hexadecimal digits, which mean the same in JSON, in an event stream and alone.
struct Stamp: Equatable {
    static let length = 26
    private static let mark = UInt8(ascii: "@")

    /// Tells the events of this run from others in the channel.
    var run: UInt16
    /// When, in nanoseconds since the run began; 48 bits, 78 hours.
    var sent: Nanoseconds
    /// 0, 1, 2 and so on.
    var number: UInt32

    init(run: UInt16, sent: Nanoseconds, number: UInt32) {
        self.run = run
        self.sent = sent & 0xFFFF_FFFF_FFFF
        self.number = number
    }

    /// Reads one; `nil` if the bytes do not begin with one.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.length, bytes[0] == Self.mark, bytes[1] == Self.mark,
            let run = Self.number(bytes, 2..<6), let sent = Self.number(bytes, 6..<18),
            let number = Self.number(bytes, 18..<26)
        else { return nil }
        self.init(run: UInt16(run), sent: sent, number: UInt32(number))
    }

    /// Its text.
    var bytes: [UInt8] {
        [Self.mark, Self.mark] + Self.digits(UInt64(self.run), 4) + Self.digits(self.sent, 12)
            + Self.digits(UInt64(self.number), 8)
    }

    private static func digits(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { index in
            let digit = UInt8(value >> UInt64(index * 4) & 15)
            return digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
        }
    }

    private static func number(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> UInt64? {
        var value: UInt64 = 0
        for index in range {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return value
    }
}
