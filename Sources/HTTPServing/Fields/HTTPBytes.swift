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
    /// Whether these bytes are an ASCII text in lower case, in whatever case.
    func isText(_ text: StaticString) -> Bool {
        guard self.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<self.count where self[index].asciiLowercase != text.utf8Start[index] { return false }
        return true
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
