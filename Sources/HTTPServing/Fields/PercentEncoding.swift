/// Percent-encoding, as in RFC 3986, section 2.1, and in HTML's `application/x-www-form-urlencoded`.
public enum PercentEncoding {
    /// The bytes that a text stands for; `nil` if a `%` is not followed by two hexadecimal digits.
    ///
    /// - Parameter plusIsBlank: In queries and forms `+` is a blank, in paths it is a plus.
    public static func decode(_ text: ArraySlice<UInt8>, plusIsBlank: Bool) -> [UInt8]? {
        guard self.isUsed(in: text, plusIsBlank: plusIsBlank) else { return Array(text) }
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

    /// Whether a text stands for other bytes than its own.
    public static func isUsed(in text: ArraySlice<UInt8>, plusIsBlank: Bool) -> Bool {
        text.contains { $0 == UInt8(ascii: "%") || (plusIsBlank && $0 == UInt8(ascii: "+")) }
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

/// The name-value pairs of a query or of a form body, in their order, by the rules of the URL standard
/// ("application/x-www-form-urlencoded parsing"): empty segments are passed over, a segment without `=` has an empty
/// value.
public struct FormFields: Sendable {
    public struct Field: Sendable {
        /// Decoded.
        public let name: ArraySlice<UInt8>
        /// As it was sent, for ``PercentEncoding/decode(_:plusIsBlank:)``.
        public let value: ArraySlice<UInt8>

        /// `nil` if the name cannot be decoded.
        init?(_ segment: ArraySlice<UInt8>) {
            let name = segment.prefix { $0 != UInt8(ascii: "=") }
            self.value = segment[name.endIndex...].dropFirst()
            if PercentEncoding.isUsed(in: name, plusIsBlank: true) {
                guard let decoded = PercentEncoding.decode(name, plusIsBlank: true) else { return nil }
                self.name = decoded[...]
            } else {
                self.name = name
            }
        }

        /// The name for messages.
        public var nameText: String { String(decoding: self.name, as: UTF8.self) }
    }

    /// Fields whose name cannot be decoded are left out.
    public let fields: [Field]

    public init(_ text: [UInt8]) {
        var fields: [Field] = []
        var rest = text[...]
        while !rest.isEmpty {
            let segment = rest.prefix { $0 != UInt8(ascii: "&") }
            rest = rest[segment.endIndex...].dropFirst()
            if !segment.isEmpty, let field = Field(segment) { fields.append(field) }
        }
        self.fields = fields
    }
}

/// A `%` that is not followed by two hexadecimal digits.
public struct MalformedEncoding: Error, CustomStringConvertible {
    public init() {}

    public var description: String { "a '%' must be followed by two hexadecimal digits" }
}
