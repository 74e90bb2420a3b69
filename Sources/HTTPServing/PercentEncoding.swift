/// Percent-encoding, as in RFC 3986, section 2.1, and in HTML's `application/x-www-form-urlencoded`.
public enum PercentEncoding {
    /// The bytes that a text stands for; `nil` if a `%` is not followed by two hexadecimal digits.
    ///
    /// - Parameter plusIsBlank: In queries and forms `+` is a blank, in paths it is a plus.
    public static func decode(_ text: ArraySlice<UInt8>, plusIsBlank: Bool) -> [UInt8]? {
        guard text.contains(UInt8(ascii: "%")) || (plusIsBlank && text.contains(UInt8(ascii: "+"))) else {
            return Array(text)
        }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(text.count)
        var iterator = text.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(Self.digit), let low = iterator.next().flatMap(Self.digit)
                else {
                    return nil
                }
                decoded.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsBlank: decoded.append(UInt8(ascii: " "))
            default: decoded.append(byte)
            }
        }
        return decoded
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// The name-value pairs of a query or of a form body, in their order.
public struct FormFields: Sendable {
    public let fields: [(name: [UInt8], value: [UInt8])]

    /// Parses by the rules of the URL standard, "application/x-www-form-urlencoded parsing": empty segments are passed
    /// over, a segment without `=` has an empty value.
    ///
    /// - Throws: ``MalformedEncoding`` if a `%` is not followed by two hexadecimal digits.
    public init(parsing text: [UInt8]) throws(MalformedEncoding) {
        var fields: [(name: [UInt8], value: [UInt8])] = []
        for segment in text.split(separator: UInt8(ascii: "&")) {
            let equals = segment.firstIndex(of: UInt8(ascii: "=")) ?? segment.endIndex
            let value = equals == segment.endIndex ? segment[equals...] : segment[(equals + 1)...]
            guard let name = PercentEncoding.decode(segment[..<equals], plusIsBlank: true),
                let value = PercentEncoding.decode(value, plusIsBlank: true)
            else { throw MalformedEncoding() }
            fields.append((name, value))
        }
        self.fields = fields
    }
}

/// A `%` that is not followed by two hexadecimal digits.
public struct MalformedEncoding: Error, CustomStringConvertible {
    public init() {}

    public var description: String { "a '%' must be followed by two hexadecimal digits" }
}
