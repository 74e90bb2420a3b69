extension JSON {
    /// Finds the members of an object without decoding their values.
    ///
    /// - Parameter object: What ``compact(_:maximumDepth:)`` returned; trusted. For other bytes the result has no
    ///   meaning, but the ranges are within the bytes.
    /// - Returns: The names, decoded, and where in `object` the values stand, in the order of the object; `nil` if the
    ///   value is not an object. A name with half a surrogate pair in it is U+FFFD, which nobody looks for.
    public static func members(ofCompactObject object: [UInt8]) -> [(name: String, value: Range<Int>)]? {
        guard object.first == UInt8(ascii: "{") else { return nil }
        var members: [(name: String, value: Range<Int>)] = []
        var strings = StringTracker()
        var depth = 0
        var nameStart = 1
        var valueStart = 0
        for (offset, byte) in object.enumerated() where !strings.belongsToString(byte) {
            if ASCII.isOpening(byte) {
                depth += 1
            } else if byte == ASCII.colon && depth == 1 {
                valueStart = offset + 1
            } else if depth == 1 && valueStart > nameStart && (byte == ASCII.comma || ASCII.isClosing(byte)) {
                guard let name = decodedName(object[nameStart..<valueStart - 1]) else { return nil }
                members.append((name, valueStart..<offset))
                nameStart = offset + 1
            }
            if ASCII.isClosing(byte) {
                depth -= 1
            }
        }
        return members
    }

    private static func decodedName(_ literal: ArraySlice<UInt8>) -> String? {
        guard literal.count >= 2, literal.first == ASCII.quote, literal.last == ASCII.quote else { return nil }
        guard literal.contains(ASCII.backslash) else {
            return String(decoding: literal.dropFirst().dropLast(), as: UTF8.self)
        }
        do {
            return try JanssonValue(parsing: Array(literal)).decoded().stringValue
        } catch {
            return error.kind == .noCharacter ? "\u{FFFD}" : nil
        }
    }
}
