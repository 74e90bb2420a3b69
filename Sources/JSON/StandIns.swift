/// A copy of a document in which the escapes that jansson refuses, though the grammar of RFC 8259 has them, are escapes of
/// other characters: `\ud83d` alone, half of a surrogate pair, and `\u0000`, which jansson takes in values only.
///
/// Each of the characters they stand for has a stand-in that is nowhere else in the document. So names are different in
/// the copy exactly if they are in the document. All is of the same length, so places in the copy are those in the document.
struct StandIns {
    private(set) var document: [UInt8]
    /// Which characters of the Basic Multilingual Plane are in the document.
    private var isTaken = [Bool](repeating: false, count: 0x10000)
    private var standIns: [Int: Int] = [:]
    /// Where the next stand-in is looked for. The first has four digits without a zero in front.
    private var next = 0x1000

    /// - Parameter document: May be any bytes; where it is no JSON, neither is the copy.
    /// - Returns: `nil` if there is no such escape, or there are not enough characters for all of them.
    init?(for document: [UInt8]) {
        self.document = document
        let escapes = Self.escapes(in: document)
        let refused = Self.refused(escapes)
        guard !refused.isEmpty else { return nil }
        self.takeCharacters(escapes)
        for escape in refused {
            guard let standIn = self.standIn(for: escape.unit) else { return nil }
            let digits = String(standIn, radix: 16).utf8
            self.document.replaceSubrange(escape.offset + 2..<escape.offset + 6, with: digits)
        }
    }

    /// An escape of a UTF-16 code unit, and where its backslash is.
    private struct Escape {
        let offset: Int
        let unit: Int
    }

    private static func escapes(in document: [UInt8]) -> [Escape] {
        var escapes: [Escape] = []
        var strings = StringTracker()
        var isEscaping = false
        for (offset, byte) in document.enumerated() {
            let isInString = strings.belongsToString(byte)
            if isEscaping, byte == UInt8(ascii: "u"), let unit = Self.unit(document[(offset + 1)...].prefix(4)) {
                escapes.append(Escape(offset: offset - 1, unit: unit))
            }
            isEscaping = isInString && !isEscaping && byte == ASCII.backslash
        }
        return escapes
    }

    private static func unit(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.count == 4, digits.allSatisfy(ASCII.isHexDigit) else { return nil }
        return Int(String(decoding: digits, as: UTF8.self), radix: 16)
    }

    /// The escapes of U+0000, and of halves of surrogate pairs whose other half does not follow or precede them.
    private static func refused(_ escapes: [Escape]) -> [Escape] {
        var refused: [Escape] = []
        var high: Escape?
        for escape in escapes {
            if let first = high {
                high = nil
                if 0xDC00...0xDFFF ~= escape.unit, escape.offset == first.offset + 6 { continue }
                refused.append(first)
            }
            switch escape.unit {
            case 0xD800...0xDBFF: high = escape
            case 0xDC00...0xDFFF, 0: refused.append(escape)
            default: break
            }
        }
        return refused + (high.map { [$0] } ?? [])
    }

    private mutating func takeCharacters(_ escapes: [Escape]) {
        for escape in escapes { self.isTaken[escape.unit] = true }
        for scalar in String(decoding: self.document, as: UTF8.self).unicodeScalars where scalar.value < 0x10000 {
            self.isTaken[Int(scalar.value)] = true
        }
    }

    private mutating func standIn(for unit: Int) -> Int? {
        if let standIn = self.standIns[unit] { return standIn }
        while self.next < self.isTaken.count {
            defer { self.next += 1 }
            guard !self.isTaken[self.next], !(0xD800...0xDFFF ~= self.next) else { continue }
            self.standIns[unit] = self.next
            return self.next
        }
        return nil
    }
}
