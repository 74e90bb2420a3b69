extension JSON {
    /// A copy of the same length in which each number is a small one, so that positions in it are those of `document`.
    ///
    /// What only looks like a number stays as it is: the copy is JSON exactly if the document is.
    static func replacingNumbers(in document: [UInt8]) -> [UInt8] {
        var copy = document
        var strings = StringTracker()
        var start = 0
        for (offset, byte) in document.enumerated() where strings.belongsToString(byte) || !isNumberByte(byte) {
            replaceNumber(in: start..<offset, of: &copy)
            start = offset + 1
        }
        replaceNumber(in: start..<copy.count, of: &copy)
        return copy
    }

    /// Puts `0.000…` in the place of a number. One of two bytes is small enough (and `0.` is none).
    private static func replaceNumber(in range: Range<Int>, of document: inout [UInt8]) {
        guard range.count > 2, isNumber(document[range]) else { return }
        for offset in range {
            document[offset] = ASCII.zero
        }
        document[range.lowerBound + 1] = ASCII.point
    }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        ASCII.isDigit(byte) || ASCII.isExponentSign(byte)
            || byte == ASCII.point || byte == ASCII.minus || byte == ASCII.plus
    }

    /// Whether all of the bytes are one number by the grammar of RFC 8259 §6.
    private static func isNumber(_ token: ArraySlice<UInt8>) -> Bool {
        var rest = token
        if rest.first == ASCII.minus {
            rest.removeFirst()
        }
        guard let first = rest.first, let integerLength = removeDigits(from: &rest) else { return false }
        guard first != ASCII.zero || integerLength == 1 else { return false }
        if rest.first == ASCII.point {
            rest.removeFirst()
            guard removeDigits(from: &rest) != nil else { return false }
        }
        if let byte = rest.first, ASCII.isExponentSign(byte) {
            rest.removeFirst()
            if rest.first == ASCII.plus || rest.first == ASCII.minus {
                rest.removeFirst()
            }
            guard removeDigits(from: &rest) != nil else { return false }
        }
        return rest.isEmpty
    }

    /// How many digits there were; `nil` for none.
    private static func removeDigits(from rest: inout ArraySlice<UInt8>) -> Int? {
        let digits = rest.prefix(while: ASCII.isDigit)
        rest.removeFirst(digits.count)
        return digits.isEmpty ? nil : digits.count
    }
}
