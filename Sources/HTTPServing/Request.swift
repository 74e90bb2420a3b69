public import NIOCore
public import NIOHTTP1

/// A whole request, whatever version of HTTP carried it.
public struct Request: Sendable {
    private let head: RequestHead
    /// The path as it was sent: percent-encoded, beginning with `/`; `*` where OPTIONS asks about the whole server.
    public let path: [UInt8]
    /// What stands behind the `?`, as it was sent; empty if there is none.
    public let query: [UInt8]
    public let body: ByteBuffer
    /// Whether the server holds as many connections as it may: only refusals are to be answered.
    public let isOverCapacity: Bool

    init(_ head: RequestHead, body: ByteBuffer = ByteBuffer(), isOverCapacity: Bool = false) {
        self.head = head
        self.body = body
        self.isOverCapacity = isOverCapacity
        let target = Self.withoutOrigin(head.target[...])
        let mark = target.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        self.path = Array(target[..<mark])
        self.query = Array(target[mark...].dropFirst())
    }

    public var method: HTTPMethod { self.head.method }
    /// All fields; made of the bytes that came at each call.
    public var headers: HTTPHeaders { self.head.headers }

    /// The values of all fields of a name, in their order.
    public func values(of name: String) -> [String] { self.head.values(of: name) }

    /// The path as text, for messages.
    public var pathText: String { String(decoding: self.path, as: UTF8.self) }

    /// The value of a header field that is there and not empty; the first, where there are several.
    public func header(_ name: String) -> String? {
        guard let value = self.head.value(of: name), !value.isEmpty else { return nil }
        return value
    }

    /// A target in absolute form (RFC 9112, section 3.2.2), as proxies send it, without scheme and host.
    private static func withoutOrigin(_ target: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard target.first != UInt8(ascii: "/"), let colon = target.firstIndex(of: UInt8(ascii: ":")),
            target[(colon + 1)...].starts(with: "//".utf8)
        else { return target }
        let rest = target[(colon + 3)...]
        guard let end = rest.firstIndex(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }) else {
            return [UInt8(ascii: "/")]
        }
        return rest[end] == UInt8(ascii: "/") ? rest[end...] : [UInt8(ascii: "/")] + rest[end...]
    }
}

extension Request {
    /// The field `Origin`: of which origin the page is that asks.
    public var origin: String? { self.head.known.origin }

    /// The field `Last-Event-ID`; `nil` also if it is empty.
    public var lastEventID: [UInt8]? { self.head.known.lastEventID.flatMap { $0.isEmpty ? nil : $0 } }

    /// Whether there is a field `X-Requested-With`, by which scripts have told themselves from pages.
    public var isByScript: Bool { self.head.known.isByScript }

    /// The first of some media types that the field `Accept` names; `nil` if it names none. Weights are not looked at:
    /// old clients send none.
    public func firstAccepted(of mediaTypes: [StaticString]) -> Int? {
        guard let field = self.head.known.accept else { return nil }
        return mediaTypes.firstIndex { field.containsASCII($0) }
    }

    /// The field `Content-Type`; `nil` if it is not there, or empty.
    public var contentType: ContentType? { self.head.known.contentType }

    /// How the content is encoded; `nil` if it is as it is.
    public var contentEncoding: String? {
        guard self.head.known.hasContentEncoding, let encoding = self.header("Content-Encoding") else { return nil }
        return encoding.lowercased() == "identity" ? nil : encoding
    }

    /// The values of all fields `Idempotency-Key`.
    public var idempotencyKeys: [String] {
        self.head.known.hasIdempotencyKey ? self.head.values(of: "Idempotency-Key") : []
    }
}

extension [UInt8] {
    /// Whether an ASCII text in lower case stands somewhere in here, in whatever case.
    fileprivate func containsASCII(_ text: StaticString) -> Bool {
        self.withUnsafeBytes { bytes in
            guard bytes.count >= text.utf8CodeUnitCount else { return false }
            return (0...bytes.count - text.utf8CodeUnitCount).contains { start in
                UnsafeRawBufferPointer(rebasing: bytes[start..<start + text.utf8CodeUnitCount]).isText(text)
            }
        }
    }
}

extension String {
    /// Without blanks and tabs at its ends.
    package var trimmed: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let first = self.firstIndex(where: { !isBlank($0) }), let last = self.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(self[first...last])
    }
}
