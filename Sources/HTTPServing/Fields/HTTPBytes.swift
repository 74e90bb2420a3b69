#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a byte may be in the parts of HTTP.
extension UInt8 {
    var asciiLowercase: UInt8 { (65...90).contains(self) ? self | 0x20 : self }

    /// A blank or a tab: optional white space (RFC 9110, section 5.6.3).
    var isBlank: Bool { self == 0x20 || self == 0x09 }

    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    var isHexDigit: Bool { self.isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self.asciiLowercase) }

    var isLetterOrDigit: Bool {
        self.isDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self.asciiLowercase)
    }

    /// Whether it may stand in a token (RFC 9110, section 5.6.2).
    var isToken: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }

    /// Whether it may stand in a field's value (RFC 9110, section 5.5): no control character but the tab.
    var isFieldText: Bool { (self >= 0x20 && self != 0x7F) || self == 0x09 }
}

extension UnsafeRawBufferPointer {
    /// Whether these bytes are an ASCII text in lower case, which is not empty, in whatever case.
    func isText(_ text: StaticString) -> Bool {
        guard self.count == text.utf8CodeUnitCount, let base = self.baseAddress else { return false }
        let other = UnsafeRawPointer(text.utf8Start)
        return strncasecmp(
            base.assumingMemoryBound(to: CChar.self), other.assumingMemoryBound(to: CChar.self), self.count) == 0
    }

    /// Whether the first of these bytes are such a text.
    func begins(with text: StaticString) -> Bool {
        guard self.count >= text.utf8CodeUnitCount else { return false }
        return UnsafeRawBufferPointer(rebasing: self[..<text.utf8CodeUnitCount]).isText(text)
    }

    /// Whether these bytes are an ASCII text, in this case.
    func isExactly(_ text: StaticString) -> Bool {
        guard self.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<self.count where self[index] != text.utf8Start[index] { return false }
        return true
    }

    /// Whether all bytes of a range, which is within these, may stand in a field's value.
    func isFieldText(in range: Range<Int>) -> Bool {
        guard let base = self.baseAddress, range.count >= 8 else { return self[range].allSatisfy(\.isFieldText) }
        var found: UInt64 = 0
        // The last eight overlap with those before them.
        var index = range.lowerBound
        let last = range.upperBound - 8
        while index < last {
            found |= Self.controls(in: base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            index += 8
        }
        found |= Self.controls(in: base.loadUnaligned(fromByteOffset: last, as: UInt64.self))
        return found == 0 || self[range].allSatisfy(\.isFieldText)
    }

    /// Not zero if one of eight bytes is below 0x20, or 0x7F; perhaps also beside such a one. A byte below a bound borrows, when that is
    /// taken away from all eight at once.
    private static func controls(in word: UInt64) -> UInt64 {
        let (ones, tops): (UInt64, UInt64) = (0x0101_0101_0101_0101, 0x8080_8080_8080_8080)
        let deleted = word ^ (ones &* 0x7F)
        return ((word &- ones &* 0x20) & ~word | (deleted &- ones) & ~deleted) & tops
    }

    /// Where a byte is first in a range; `nil` if it is not there.
    func index(of byte: UInt8, in range: Range<Int>) -> Int? {
        guard !range.isEmpty, let base = self.baseAddress,
            let found = memchr(base + range.lowerBound, CInt(byte), range.count)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }

    /// Without blanks and tabs at its ends.
    var trimmed: UnsafeRawBufferPointer {
        var (start, end) = (0, self.count)
        while start < end, self[start].isBlank { start += 1 }
        while start < end, self[end - 1].isBlank { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: self[start..<end])
    }

    /// The number that these decimal digits write; `nil` if it is none, or has more than 18 of them.
    var decimal: Int? {
        guard (1...18).contains(self.count) else { return nil }
        var number = 0
        for byte in self {
            guard byte.isDigit else { return nil }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return number
    }
}

extension ArraySlice<UInt8> {
    /// Whether a byte is among them. Looks at many at once.
    public func has(_ byte: UInt8) -> Bool {
        self.withUnsafeBytes { $0.index(of: byte, in: 0..<$0.count) != nil }
    }

    /// Whether these are the same bytes. Looks at all of them at once.
    public func isSame(as other: ArraySlice<UInt8>) -> Bool {
        guard self.count == other.count else { return false }
        return self.withUnsafeBytes { one in
            other.withUnsafeBytes { other in
                guard let one = one.baseAddress, let base = other.baseAddress else { return true }
                return memcmp(one, base, other.count) == 0
            }
        }
    }
}

extension String {
    /// Whether it may be the name of a field (RFC 9110, section 5.1).
    package var isFieldName: Bool { !self.isEmpty && self.utf8.allSatisfy(\.isToken) }

    /// Without blanks and tabs at its ends.
    package var trimmed: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let first = self.firstIndex(where: { !isBlank($0) }), let last = self.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(self[first...last])
    }
}
