/// JSON text (RFC 8259) as bytes: checked by jansson, kept as its author wrote it.
public enum JSON {
    /// Checks one JSON value of any kind and gives it back without the whitespace between its tokens.
    ///
    /// All else is kept byte for byte: numbers (also `1.10`, `1E+2`, `-0`, `1e400` and integers of hundreds of digits),
    /// escapes (also `\ud83d` alone and `\u0000`), the order of members. The result is valid again, and compacting it
    /// changes nothing. A byte order mark at the beginning is left out.
    ///
    /// While it is checked, the document exists as a tree of jansson's too. In the worst case (`[{},{},…]`) that takes
    /// about 80 times its size.
    ///
    /// - Parameters:
    ///   - document: The bytes of one value, with whitespace before and after it; untrusted.
    ///   - maximumDepth: How many arrays and objects may be nested; default 64. jansson itself allows 2,048.
    /// - Throws: ``JSONError`` of any kind but ``JSONError/Kind/numberTooLarge``.
    public static func compact(_ document: [UInt8], maximumDepth: Int = 64) throws(JSONError) -> [UInt8] {
        let document = try withoutByteOrderMark(document)
        try checkShape(of: document, maximumDepth: maximumDepth)
        try checkGrammar(of: document)
        var strings = StringTracker()
        return document.filter { strings.belongsToString($0) || !ASCII.isWhitespace($0) }
    }
}

extension JSON {
    /// Refuses what jansson must not see.
    ///
    /// It recurses for each level of nesting; and it overlooks a NUL that directly follows a number or a literal name.
    static func checkShape(of document: [UInt8], maximumDepth: Int) throws(JSONError) {
        var strings = StringTracker()
        var depth = 0
        for (offset, byte) in document.enumerated() {
            if byte == ASCII.null {
                throw JSONError(.syntax, "NUL byte", at: offset, of: document)
            }
            if strings.belongsToString(byte) { continue }
            if ASCII.isOpening(byte) {
                depth += 1
                guard depth <= maximumDepth else {
                    throw JSONError(.tooDeep, "more than \(maximumDepth) levels", at: offset, of: document)
                }
            } else if ASCII.isClosing(byte) {
                depth -= 1
            }
        }
    }

    /// Lets jansson check everything except how large the numbers are, and escapes of what is no character.
    private static func checkGrammar(of document: [UInt8]) throws(JSONError) {
        do {
            try checkGrammarOfCharacters(of: document)
        } catch {
            guard let standIns = StandIns(for: document) else { throw error }
            try checkGrammarOfCharacters(of: standIns.document)
        }
    }

    /// How large the numbers are jansson can only convert or refuse.
    private static func checkGrammarOfCharacters(of document: [UInt8]) throws(JSONError) {
        do {
            _ = try JanssonValue(parsing: document, integersAsReals: true)
        } catch {
            guard error.kind == .numberTooLarge else { throw error }
            try checkGrammarWithSmallNumbers(of: document)
        }
    }

    private static func checkGrammarWithSmallNumbers(of document: [UInt8]) throws(JSONError) {
        do {
            _ = try JanssonValue(parsing: replacingNumbers(in: document), integersAsReals: true)
        } catch {
            guard error.kind == .numberTooLarge else { throw error }
            // Every number of the grammar is small now; this one is the start of something else, like 1e999.5.
            throw JSONError(kind: .syntax, message: "malformed number", line: error.line, column: error.column)
        }
    }
}
