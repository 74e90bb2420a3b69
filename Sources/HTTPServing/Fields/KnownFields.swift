/// The fields of a request that the server looks at every time.
struct KnownFields: Sendable {
    /// What the field `Connection` names.
    struct Connection: OptionSet, Sendable {
        let rawValue: UInt8

        static let close = Connection(rawValue: 1)
        static let keepAlive = Connection(rawValue: 2)
        static let upgrade = Connection(rawValue: 4)
    }

    private(set) var hostCount = 0
    /// Whether each `Host` names a host or is empty, as it is where the target has none (RFC 9112, section 3.2).
    private(set) var isHostValid = true
    private(set) var contentLengths = 0
    /// `nil` if it is not a number of at most 18 digits.
    private(set) var contentLength: Int?
    private(set) var transferEncodings = 0
    /// What the content is encoded by on its way.
    private(set) var transferCoding = TransferCoding.none
    private(set) var connection: Connection = []
    private(set) var expectsContinue = false
    /// Whether a script says of itself that it is one. The value counts, not the presence: Android's WebView sends the
    /// field with the name of its application, whatever asks.
    private(set) var isByScript = false
    private(set) var origin: String?
    /// All lines of the field, with commas between them.
    private(set) var accept: [UInt8]?
    private(set) var lastEventID: [UInt8]?
    private(set) var contentType: ContentType?
    private(set) var hasContentEncoding = false
    /// The name of a field that is there twice though it has one value: which of them counts would be anybody's guess.
    private(set) var repeated: StaticString?
    private(set) var hasIdempotencyKey = false
    /// Whether there is a field `Forwarded`, `Via` or `X-Forwarded-*`.
    private(set) var isForwarded = false
    /// Whether `Host` is one of the usual spellings of the loopback, in lower case, with or without a port.
    private(set) var isHostLoopback = false
    /// Of which origin the browser says that the page is which asks (`Sec-Fetch-Site`, W3C Fetch Metadata); `nil` if it says nothing.
    private(set) var page: Page?
    private(set) var authorizations = 0
    /// Which of the fields is the last `Authorization`.
    private(set) var authorization: Int?
    private(set) var hasCookies = false

    /// A page that asks, by its origin.
    enum Page: Sendable {
        /// The one that was asked, or no page asks but the user.
        case own
        /// Another one; also one of the same site: a subdomain may be anybody's.
        case other
    }

    /// Notes a field. Most names are none of these, and fall out by their length.
    ///
    /// - Parameter index: Where it stands among the fields.
    mutating func take(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, at index: Int) {
        switch name.count {
        case 4 where name.isText("host"):
            self.hostCount += 1
            self.isHostValid = self.isHostValid && (value.isEmpty || Authority.isValid(value))
            self.isHostLoopback = Loopback.isUsual(value)
        case 3 where name.isText("via"), 9 where name.isText("forwarded"): self.isForwarded = true
        case 6 where name.isText("accept"): self.accept = self.accept.map { $0 + ",".utf8 + value } ?? Array(value)
        case 6 where name.isText("origin"):
            if self.origin != nil { self.repeated = "Origin" }
            self.origin = self.origin ?? String(decoding: value, as: UTF8.self)
        case 6 where name.isText("cookie"): self.hasCookies = true
        case 6 where name.isText("expect"):
            value.forEachMember { if $0.isText("100-continue") { self.expectsContinue = true } }
        case 10 where name.isText("connection"): self.takeConnection(value)
        case 12 where name.isText("content-type"):
            if self.contentType != nil { self.repeated = "Content-Type" }
            self.contentType = self.contentType ?? ContentType(value)
        case 13 where name.isText("authorization"):
            self.authorizations += 1
            self.authorization = index
        case 13 where name.isText("last-event-id"): self.lastEventID = self.lastEventID ?? Array(value)
        case 14 where name.isText("sec-fetch-site"):
            self.page = value.isText("same-origin") || value.isText("none") ? .own : .other
        case 14 where name.isText("content-length"):
            self.contentLengths += 1
            self.contentLength = value.decimal
        case 15 where name.isText("idempotency-key"): self.hasIdempotencyKey = true
        case 16 where name.isText("x-requested-with"): self.isByScript = value.isText("xmlhttprequest")
        case 16 where name.isText("content-encoding"): self.hasContentEncoding = true
        case 17 where name.isText("transfer-encoding"):
            self.transferEncodings += 1
            // Empty members are not passed over here: proxies differ over what they are, and so over where content
            // ends.
            value.forEachPart(separator: UInt8(ascii: ",")) { self.transferCoding.add($0) }
        // By its third letter, which few names have there, before the whole of it is looked at.
        case 13...:
            if name[2] | 0x20 == UInt8(ascii: "f"), name.begins(with: "x-forwarded-") { self.isForwarded = true }
        default: break
        }
    }

    private mutating func takeConnection(_ value: UnsafeRawBufferPointer) {
        value.forEachMember { option in
            if option.isText("close") { self.connection.insert(.close) }
            if option.isText("keep-alive") { self.connection.insert(.keepAlive) }
            if option.isText("upgrade") { self.connection.insert(.upgrade) }
        }
    }
}

/// How content is encoded on its way (RFC 9112, section 6.1).
enum TransferCoding: Sendable {
    /// Nothing was said: as it is.
    case none
    /// In chunks, and nothing else.
    case chunked
    /// By something that is not known here, perhaps in chunks at last.
    case unknown
    /// `chunked` is there, but not once and last, or a member is empty, so that nobody could say where the content
    /// ends.
    case unframed

    /// Takes the next member of the list.
    mutating func add(_ coding: UnsafeRawBufferPointer) {
        switch self {
        case .none: self = coding.isEmpty ? .unframed : coding.isText("chunked") ? .chunked : .unknown
        case .chunked: self = .unframed
        case .unknown, .unframed: break
        }
    }
}
