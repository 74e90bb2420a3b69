internal import CJansson

extension JSONError {
    /// Tells what jansson found, in our words where it has only one for the kind.
    init(_ error: json_error_t) {
        (kind, message) = Self.meaning(of: error)
        line = max(1, Int(error.line))
        // jansson's column is that of the last character it read, and 0 before the first of a line.
        column = max(1, Int(error.column))
    }

    private static func meaning(of error: json_error_t) -> (Kind, String) {
        switch withUnsafePointer(to: error, pollux_json_error_code) {
        case json_error_premature_end_of_input: (.syntax, "unexpected end of input")
        case json_error_end_of_input_expected: (.syntax, "more than one value")
        case json_error_invalid_syntax: syntax(reason(in: error))
        case json_error_invalid_utf8: (.notUTF8, "not UTF-8")
        case json_error_duplicate_key: (.duplicateKey, "two members of the same name")
        case json_error_null_byte_in_key: (.nullInKey, "a name with U+0000 is not supported")
        case json_error_stack_overflow: (.tooDeep, "nested too deeply")
        case json_error_numeric_overflow: (.numberTooLarge, "a number is too large")
        default: (.other, "jansson: \(reason(in: error))")
        }
    }

    /// jansson has no code of its own for an escape of half a surrogate pair: "invalid Unicode '\uD800'". One that is none is
    /// an "invalid escape", or an "invalid Unicode escape".
    private static func syntax(_ reason: String) -> (Kind, String) {
        (reason.hasPrefix("invalid Unicode '") ? .noCharacter : .syntax, reason)
    }

    /// jansson's message without its quotation of the document: "']' expected near 'x'" is "']' expected".
    private static func reason(in error: json_error_t) -> String {
        let text = withUnsafeBytes(of: error.text) { String(decoding: $0.prefix { $0 != ASCII.null }, as: UTF8.self) }
        return text.firstRange(of: " near ").map { String(text[..<$0.lowerBound]) } ?? text
    }
}
