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
            let item = FieldItem(field)
            self.init(item.value, charset: item.parameter("charset")?.lowercased())
        }
    }

    private init(_ mediaType: String, charset: String? = nil) {
        self.mediaType = mediaType
        self.charset = charset
    }
}
