extension JSON {
    /// Appends text as a JSON string literal, with the escapes that JSON demands and no others.
    ///
    /// Never fails: what is not UTF-8 in the text is replaced with U+FFFD first. A copy in bulk when the text needs no
    /// escape; jansson writes the others.
    ///
    /// - Parameters:
    ///   - text: The text in UTF-8; any characters, also U+0000.
    ///   - buffer: Where the literal is appended.
    public static func appendQuoted(_ text: [UInt8], to buffer: inout [UInt8]) {
        if needsEscape(text) || !isUTF8(text) {
            buffer.append(contentsOf: JanssonValue(text: text).encoded(expectedCount: text.count * 2))
        } else {
            buffer.append(ASCII.quote)
            buffer.append(contentsOf: text)
            buffer.append(ASCII.quote)
        }
    }

    /// RFC 8259 §7. Like the encoder of event streams, a loop without branches, for vector instructions.
    private static func needsEscape(_ text: [UInt8]) -> Bool {
        var hits: UInt8 = 0
        for byte in text {
            hits |= (byte < ASCII.space ? 1 : 0) | (byte == ASCII.quote ? 1 : 0) | (byte == ASCII.backslash ? 1 : 0)
        }
        return hits != 0
    }

    private static func isUTF8(_ text: [UInt8]) -> Bool {
        (try? UTF8Span(validating: text.span)) != nil
    }
}
