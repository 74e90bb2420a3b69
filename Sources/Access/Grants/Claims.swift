public import JSON

/// What a token says of whoever has it (RFC 7519, section 4).
public struct Claims: Equatable, Sendable {
    public static let none = Claims(.object([]))

    /// An object.
    public let object: JSONValue

    public init(_ object: JSONValue) {
        self.object = object
    }

    public subscript(name: String) -> JSONValue? { self.object[name] }

    /// A claim as one segment of a channel's name: its text or number, of which all is percent-encoded but letters, digits, `-`
    /// and `_`; `nil` for one that is missing, empty, or of another kind.
    func segment(_ name: String) -> [UInt8]? {
        let text: String
        switch self.object[name] {
        case .string(let value): text = value
        case .integer(let value): text = String(value)
        case .null, .bool, .real, .array, .object, nil: return nil
        }
        return text.isEmpty ? nil : Self.segment(of: text)
    }

    private static func segment(of text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if Self.isUnreserved(byte) {
                bytes.append(byte)
            } else {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(Self.hexadecimal[Int(byte >> 4)])
                bytes.append(Self.hexadecimal[Int(byte & 15)])
            }
        }
        return bytes
    }

    private static let hexadecimal = Array("0123456789ABCDEF".utf8)

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// Whether a byte can be of a segment.
    static func isOfSegment(_ byte: UInt8) -> Bool { Self.isUnreserved(byte) || byte == UInt8(ascii: "%") }
}
