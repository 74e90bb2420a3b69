/// The name of a channel: what a user calls it, `orders` or `date`.
///
/// A name is bytes, not characters: two names are equal when their bytes are, so `A` and `a` differ, and so do the
/// composed and the decomposed form of `é`. (Swift's `String` would call the latter two equal.)
public struct ChannelName: Sendable {
    /// The most bytes that a name may have.
    public static let maximumLength = 256

    /// The bytes of the name: valid UTF-8, 1 to 256 of them, no control character.
    public let bytes: [UInt8]

    /// Takes a name that came from outside.
    ///
    /// - Throws: ``InvalidChannelName``, saying which rule the bytes break.
    public init(_ bytes: [UInt8]) throws(InvalidChannelName) {
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.count <= Self.maximumLength else { throw .tooLong }
        switch bytes.textKind {
        case .notUTF8: throw .notUTF8
        case .withControls: throw .controlCharacter
        case .plain: break
        }
        guard bytes.count > 2 || !bytes.allSatisfy({ $0 == UInt8(ascii: ".") }) else { throw .dots }
        self.bytes = bytes
    }

    /// Takes the UTF-8 bytes of a text as a name.
    ///
    /// - Throws: ``InvalidChannelName``, saying which rule the text breaks.
    public init(_ text: String) throws(InvalidChannelName) {
        try self.init(Array(text.utf8))
    }
}

extension ChannelName: Hashable {
    public func hash(into hasher: inout Hasher) {
        self.bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}

extension ChannelName: Comparable {
    /// Orders names by their bytes.
    public static func < (left: ChannelName, right: ChannelName) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension ChannelName: CustomStringConvertible {
    public var description: String { String(decoding: self.bytes, as: UTF8.self) }
}

/// Why some bytes are no channel name.
public enum InvalidChannelName: Error, Equatable, CustomStringConvertible {
    case empty
    case tooLong
    case notUTF8
    case controlCharacter
    case dots

    public var description: String {
        switch self {
        case .empty: "a channel name must not be empty"
        case .tooLong: "a channel name has at most \(ChannelName.maximumLength) bytes"
        case .notUTF8: "a channel name must be UTF-8"
        case .controlCharacter: "a channel name must not hold control characters"
        case .dots: "a channel must not be named '.' or '..'"
        }
    }
}
