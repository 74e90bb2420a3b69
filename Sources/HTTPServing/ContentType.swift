/// What a request says of its content (RFC 9110, section 8.3).
public struct ContentType: Sendable {
    /// Type and subtype, in lower case.
    public let mediaType: String
    /// The parameter `charset`, in lower case; `nil` if it is not there.
    public let charset: String?

    private static let text = ContentType("text/plain")
    private static let json = ContentType("application/json")
    private static let lines = ContentType("application/x-ndjson")

    /// Takes the value of the field; `nil` if it is empty.
    init?(_ field: UnsafeRawBufferPointer) {
        if field.isExactly("text/plain") {
            self = Self.text
        } else if field.isExactly("application/json") {
            self = Self.json
        } else if field.isExactly("application/x-ndjson") {
            self = Self.lines
        } else if field.isEmpty {
            return nil
        } else {
            self.init(String(decoding: field, as: UTF8.self))
        }
    }

    private init(_ field: String) {
        guard let end = field.utf8.firstIndex(of: UInt8(ascii: ";")) else {
            self.mediaType = field.trimmed.lowercased()
            self.charset = nil
            return
        }
        self.mediaType = String(field[..<end]).trimmed.lowercased()
        self.charset = Self.charset(field[end...])
    }

    private static func charset(_ parameters: Substring) -> String? {
        for parameter in parameters.split(separator: ";") {
            let parts = parameter.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, String(parts[0]).trimmed.lowercased() == "charset" else { continue }
            return String(parts[1]).trimmed.lowercased().filter { $0 != "\"" }
        }
        return nil
    }
}
