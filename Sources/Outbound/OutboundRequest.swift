/// A request to somebody else.
public struct OutboundRequest: Sendable {
    public enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
    }

    public var method: Method
    public var url: OutboundURL
    /// Header fields, besides `Host`, `User-Agent`, `Accept: */*` and those that frame the content.
    public var fields: [OutboundField]
    /// What a POST sends; a GET sends none.
    public var content: [UInt8]
    /// How long all of it may take, from when it is handed over until the end of the answer; default 10 s.
    public var timeout = Duration.seconds(10)
    /// The most bytes of the answer's content; default 1 MiB.
    public var contentSize = 1 << 20

    public init(
        _ method: Method = .get, _ url: OutboundURL, fields: [OutboundField] = [], content: [UInt8] = []
    ) {
        self.method = method
        self.url = url
        self.fields = fields
        self.content = content
    }
}

/// A header field that can be sent, or has come.
public struct OutboundField: Hashable, Sendable {
    public let name: String
    /// Without blanks around it.
    public let value: [UInt8]

    /// - Returns: `nil` where the name is no token (RFC 9110, section 5.6.2), or the value has control characters: with a CR or LF it would be
    ///   more than one field.
    public init?(_ name: String, _ value: some Sequence<UInt8>) {
        guard !name.isEmpty, name.utf8.allSatisfy(Self.isOfToken) else { return nil }
        let value = Array(value)
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else { return nil }
        self.name = name
        let trimmed = value.drop(while: Self.isBlank)
        self.value = Array(trimmed[..<((trimmed.lastIndex { !Self.isBlank($0) } ?? trimmed.startIndex - 1) + 1)])
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isOfToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// The same with more behind its value.
    func continued(by more: OutboundField) -> OutboundField {
        OutboundField(self.name, self.value + [0x20] + more.value) ?? self
    }
}
