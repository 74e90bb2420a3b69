/// Why bytes were refused as JSON, and where.
///
/// It holds nothing of the document but at most one character or escape that has no place in it, so it may be logged
/// and answered.
public struct JSONError: Error, Equatable, Sendable {
    /// What is wrong, for code that decides.
    public enum Kind: Equatable, Sendable {
        /// Not the grammar of RFC 8259. Also an empty document, and more than one value.
        case syntax
        /// A `\u` escape of half a surrogate pair, which the grammar has but is no character. Only ``JSONValue`` minds.
        case noCharacter
        /// The bytes are not UTF-8.
        case notUTF8
        /// An object has two members of the same name, however they are escaped.
        case duplicateKey
        /// The name of a member holds U+0000, which jansson does not support. Only ``JSONValue`` minds.
        case nullInKey
        /// More arrays and objects are nested than the caller allows.
        case tooDeep
        /// A number does not fit `Int64` or `Double`. Only ``JSONValue`` minds; ``JSON/compact(_:maximumDepth:)`` keeps
        /// numbers as they are written.
        case numberTooLarge
        /// jansson gave another reason; that is how it says that memory is exhausted.
        case other
    }

    /// What is wrong.
    public let kind: Kind
    /// The same in words, for people: one line, without the position.
    public let message: String
    /// The line of the last character that was read, from 1. Lines end with LF.
    public let line: Int
    /// The place of that character in its line, in Unicode scalars, from 1.
    public let column: Int
}

extension JSONError: CustomStringConvertible {
    /// The message and the position: "unexpected end of input (line 1, column 4)".
    public var description: String {
        "\(message) (line \(line), column \(column))"
    }
}

extension JSONError {
    /// An error at the byte of the document that has the given offset.
    init(_ kind: Kind, _ message: String, at offset: Int, of document: [UInt8]) {
        let before = document[..<offset]
        let lineStart = before.lastIndex(of: ASCII.lineFeed).map { $0 + 1 } ?? 0
        self.kind = kind
        self.message = message
        line = 1 + before.count { $0 == ASCII.lineFeed }
        column = 1 + before[lineStart...].count { !UTF8.isContinuation($0) }
    }
}
