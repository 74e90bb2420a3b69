/// What a request says of its content (RFC 9110, section 8.3).
public struct ContentType: Sendable {
    /// Type and subtype, in lower case.
    public let mediaType: String
    /// The parameter `charset`, in lower case; `nil` if it is not there.
    public let charset: String?

    init(_ field: String) {
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
