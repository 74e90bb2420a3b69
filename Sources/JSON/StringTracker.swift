/// Knows of each byte of a document whether it belongs to a string literal, the quotes included.
///
/// That is all one must know of JSON to find its brackets, its blanks and its numbers. Right as far as the document is
/// JSON; behind the first error the answers have no meaning, but there are always answers.
struct StringTracker {
    private enum State {
        /// Between two literals.
        case outside
        /// After the opening quote.
        case inside
        /// After a backslash in a literal: whatever follows does not end it.
        case escaping
    }

    private var state = State.outside

    /// Takes the next byte of the document.
    mutating func belongsToString(_ byte: UInt8) -> Bool {
        switch state {
        case .outside:
            guard byte == ASCII.quote else { return false }
            state = .inside
        case .inside:
            if byte == ASCII.quote {
                state = .outside
            } else if byte == ASCII.backslash {
                state = .escaping
            }
        case .escaping:
            state = .inside
        }
        return true
    }
}
