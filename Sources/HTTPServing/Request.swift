public import NIOCore
public import NIOHTTP1

/// A whole request, whatever version of HTTP carried it.
public struct Request: Sendable {
    public let method: HTTPMethod
    public let headers: HTTPHeaders
    /// The path as it was sent: percent-encoded, beginning with `/`; `*` where OPTIONS asks about the whole server.
    public let path: Substring
    /// What stands behind the `?`, as it was sent; empty if there is none.
    public let queryText: Substring
    public let body: ByteBuffer
    /// Whether the server holds as many connections as it may: only refusals are to be answered.
    public let isOverCapacity: Bool

    private let fields: KnownFields

    init(head: HTTPRequestHead, body: ByteBuffer, isOverCapacity: Bool = false) {
        self.init(HTTP1StateMachine.Head(head: head, fields: KnownFields(head.headers)), body, isOverCapacity)
    }

    init(_ received: HTTP1StateMachine.Head, _ body: ByteBuffer, _ isOverCapacity: Bool) {
        let head = received.head
        self.fields = received.fields
        self.method = head.method
        self.headers = head.headers
        self.body = body
        self.isOverCapacity = isOverCapacity
        let target = Self.withoutOrigin(head.uri)
        let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        self.path = target[..<mark]
        self.queryText = mark == target.endIndex ? "" : target[target.utf8.index(after: mark)...]
    }

    /// The value of a header field that is there and not empty; the first, where there are several.
    public func header(_ name: String) -> String? {
        guard let value = self.headers.first(name: name), !value.isEmpty else { return nil }
        return value
    }

    /// A target in absolute form (RFC 9112, section 3.2.2), as proxies send it, without scheme and host.
    private static func withoutOrigin(_ target: String) -> Substring {
        guard target.utf8.first != UInt8(ascii: "/"), let scheme = target.firstRange(of: "://") else { return target[...] }
        let rest = target[scheme.upperBound...]
        guard let slash = rest.utf8.firstIndex(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }) else {
            return "/"
        }
        return rest[slash...].hasPrefix("/") ? rest[slash...] : "/" + rest[slash...]
    }
}

extension Request {
    /// The field `Origin`: of which origin the page is that asks.
    public var origin: String? { self.fields.origin }

    /// The field `Last-Event-ID`; `nil` also if it is empty.
    public var lastEventID: String? { self.fields.lastEventID.flatMap { $0.isEmpty ? nil : $0 } }

    /// Whether there is a field `X-Requested-With`, by which scripts have told themselves from pages.
    public var isByScript: Bool { self.fields.requestedWith != nil }

    /// The first of some media types that the field `Accept` names; `nil` if it names none. Weights are not looked at:
    /// old clients send none.
    public func firstAccepted(of mediaTypes: [StaticString]) -> Int? {
        guard let field = self.fields.accept else { return nil }
        return mediaTypes.firstIndex { field.containsASCII($0) }
    }

    /// Type and subtype of `Content-Type` in lower case, without parameters; `nil` if the field is not there.
    public var mediaType: String? {
        self.header("Content-Type").map { field in
            String(field.prefix { $0 != ";" }).trimmed.lowercased()
        }
    }

    /// The parameter `charset` of `Content-Type`, in lower case.
    public var charset: String? {
        guard let field = self.header("Content-Type") else { return nil }
        for parameter in field.split(separator: ";").dropFirst() {
            let parts = parameter.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, String(parts[0]).trimmed.lowercased() == "charset" else { continue }
            return String(parts[1]).trimmed.lowercased().filter { $0 != "\"" }
        }
        return nil
    }
}

extension String {
    /// Whether an ASCII text in lower case stands somewhere in this one, in whatever case.
    fileprivate func containsASCII(_ text: StaticString) -> Bool {
        var copy = self
        return copy.withUTF8 { bytes in
            guard bytes.count >= text.utf8CodeUnitCount else { return false }
            return (0...bytes.count - text.utf8CodeUnitCount).contains { start in
                (0..<text.utf8CodeUnitCount).allSatisfy { offset in
                    let byte = bytes[start + offset]
                    return (65...90 ~= byte ? byte | 0x20 : byte) == text.utf8Start[offset]
                }
            }
        }
    }

    /// Without blanks and tabs at its ends.
    package var trimmed: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let first = self.firstIndex(where: { !isBlank($0) }), let last = self.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(self[first...last])
    }
}
