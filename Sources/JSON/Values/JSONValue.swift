/// A JSON value in memory, for documents that are read or put together member by member.
///
/// Equality is that of Swift's types: two strings are equal if they are canonically equivalent, members count in their
/// order, and a real that is not a number is not equal to itself.
public enum JSONValue: Equatable, Sendable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number written without fraction and exponent.
    case integer(Int64)
    /// A number written with a fraction or an exponent. Infinities and NaN do not exist in JSON; they are encoded as
    /// `null`.
    case real(Double)
    /// A string; it may hold any characters, also U+0000.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object, its members in order. Of several members with the same name (by bytes) the last value is encoded, in
    /// the place of the first.
    case object([Member])

    /// One member of an object.
    public struct Member: Equatable, Sendable {
        /// The name.
        public var name: String
        /// The value.
        public var value: JSONValue

        /// Puts a member together.
        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// Parses one JSON value of any kind (RFC 8259).
    ///
    /// `-0` becomes the integer 0, and a real has the precision of a `Double`. A byte order mark at the beginning is passed
    /// over.
    ///
    /// - Parameters:
    ///   - document: The bytes of one value, with whitespace before and after it; untrusted.
    ///   - maximumDepth: How many arrays and objects may be nested; default 64. jansson itself allows 2,048.
    /// - Throws: ``JSONError`` of any kind; ``JSONError/Kind/numberTooLarge`` when an integer does not fit `Int64` or a
    ///   real does not fit `Double`; ``JSONError/Kind/noCharacter`` when a string holds an escape of half a surrogate pair.
    public init(parsing document: [UInt8], maximumDepth: Int = 64) throws(JSONError) {
        let document = try JSON.withoutByteOrderMark(document)
        try JSON.checkShape(of: document, maximumDepth: maximumDepth)
        self = try JanssonValue(parsing: document).decoded()
    }

    /// The value as JSON text without whitespace, in UTF-8; reals with 17 significant digits.
    ///
    /// Parsing it gives an equal value, but for members with the same name and reals that are not finite. Nesting is
    /// not limited here: whoever builds a value from outside input bounds its depth.
    public func encoded() -> [UInt8] {
        JanssonValue(self).encoded()
    }
}
