/// RFC 8259 read aloud, byte by byte: whether a document is what `JSON.compact` promises to take.
///
/// Knows the grammar, UTF-8 with or without a byte order mark, different names, and a depth of at most 64.
struct ReferenceReader {
    private let bytes: [UInt8]
    private var index = 0

    static func accepts(_ document: [UInt8]) -> Bool {
        guard String(validating: document, as: UTF8.self) != nil else { return false }
        let text = document.starts(with: "\u{FEFF}".utf8) ? Array(document.dropFirst(3)) : document
        var reader = ReferenceReader(bytes: text)
        return reader.readElement(depth: 0) && reader.index == text.count
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private var next: UInt8? {
        index < bytes.count ? bytes[index] : nil
    }

    private mutating func take(_ text: StaticString) -> Bool {
        let expected = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard bytes[index...].starts(with: expected) else { return false }
        index += expected.count
        return true
    }

    private mutating func skipWhitespace() {
        while take(" ") || take("\t") || take("\n") || take("\r") {}
    }

    private mutating func readElement(depth: Int) -> Bool {
        skipWhitespace()
        let isValue = readValue(depth: depth)
        skipWhitespace()
        return isValue
    }

    private mutating func readValue(depth: Int) -> Bool {
        switch next {
        case UInt8(ascii: "{"): depth < 64 && readObject(depth: depth + 1)
        case UInt8(ascii: "["): depth < 64 && readArray(depth: depth + 1)
        case UInt8(ascii: "\""): readString() != nil
        default: take("true") || take("false") || take("null") || readNumber()
        }
    }

    private mutating func readObject(depth: Int) -> Bool {
        var names: Set<[UInt16]> = []
        _ = take("{")
        skipWhitespace()
        if take("}") { return true }
        repeat {
            skipWhitespace()
            guard let name = readString(), names.insert(name).inserted else { return false }
            skipWhitespace()
            guard take(":"), readElement(depth: depth) else { return false }
        } while take(",")
        return take("}")
    }

    private mutating func readArray(depth: Int) -> Bool {
        _ = take("[")
        skipWhitespace()
        if take("]") { return true }
        repeat {
            guard readElement(depth: depth) else { return false }
        } while take(",")
        return take("]")
    }

    /// The UTF-16 code units of a string.
    private mutating func readString() -> [UInt16]? {
        guard take("\"") else { return nil }
        var units: [UInt16] = []
        while !take("\"") {
            guard let byte = next, byte >= 0x20 else { return nil }
            if byte == UInt8(ascii: "\\") {
                guard let unit = readEscape() else { return nil }
                units.append(unit)
            } else {
                let count = max(1, (~byte).leadingZeroBitCount)
                units += Array(String(decoding: bytes[index..<index + count], as: UTF8.self).utf16)
                index += count
            }
        }
        return units
    }

    private mutating func readEscape() -> UInt16? {
        index += 1
        for (letter, unit) in zip("\"\\/bfnrt".utf8, "\"\\/\u{8}\u{C}\n\r\t".utf16) where next == letter {
            index += 1
            return unit
        }
        return readUnicodeEscape()
    }

    private mutating func readUnicodeEscape() -> UInt16? {
        guard take("u"), index + 4 <= bytes.count else { return nil }
        let digits = bytes[index..<index + 4]
        index += 4
        guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    private mutating func readNumber() -> Bool {
        _ = take("-")
        guard take("0") || readDigits() else { return false }
        if take(".") && !readDigits() { return false }
        if take("e") || take("E") {
            _ = take("+") || take("-")
            return readDigits()
        }
        return true
    }

    private mutating func readDigits() -> Bool {
        let start = index
        while let byte = next, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte {
            index += 1
        }
        return index > start
    }
}
