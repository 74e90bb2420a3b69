public import NIOCore
public import NIOHTTP1

/// A whole request, whatever version of HTTP carried it.
public struct Request: Sendable {
    private let head: RequestHead
    public let body: ByteBuffer
    /// Who has sent it.
    public let peer: Peer

    init(_ head: RequestHead, body: ByteBuffer = ByteBuffer(), from peer: Peer = Peer()) {
        self.head = head
        self.body = body
        self.peer = peer
    }

    /// The path as it was sent: percent-encoded, beginning with `/`; `*` where OPTIONS asks about the whole server.
    public var path: [UInt8] { self.head.target.path }
    /// What stands behind the `?`, as it was sent; empty if there is none.
    public var query: [UInt8] { self.head.target.query }
    /// The host and port that it was sent to, as the client says; `nil` if it does not.
    var authority: Authority? { self.head.authority }
    /// The same as text.
    public var host: String? { self.authority.map { "\($0)" } }

    public var method: HTTPMethod { self.head.method }
    /// All fields; made of the bytes that came at each call.
    public var headers: HTTPHeaders { self.head.headers }

    /// The values of all fields of a name, in their order.
    public func values(of name: String) -> [String] { self.head.values(of: name) }

    /// The same as the bytes that came.
    public func bytes(of name: String) -> [ArraySlice<UInt8>] { self.head.bytes(of: name) }

    /// The path as text, for messages.
    public var pathText: String { String(decoding: self.path, as: UTF8.self) }

    /// The value of a header field that is there and not empty; the first, where there are several.
    public func header(_ name: String) -> String? {
        guard let value = self.head.value(of: name), !value.isEmpty else { return nil }
        return value
    }
}

extension Request {
    /// The field `Origin`: of which origin the page is that asks.
    public var origin: String? { self.head.known.origin }

    /// Whether the browser says that a page of another origin asks.
    var isOfOtherOrigin: Bool { self.head.known.page == .other }

    /// Whether it says by which page it was sent, or that it was by none, as browsers do with what changes something.
    public var namesPage: Bool { self.head.known.origin != nil || self.head.known.page != nil }

    public var hasAuthorization: Bool { self.head.known.authorization != nil }

    /// The credential of the field `Authorization`, if it is of a scheme (RFC 9110, section 11.4): what stands behind that and some blanks,
    /// perhaps nothing; `nil` if there is none of this scheme, which is in lower case.
    ///
    /// - Throws: ``Problem`` (400) if there are several such fields.
    public func credential(of scheme: StaticString) throws(Problem) -> ArraySlice<UInt8>? {
        guard let index = self.head.known.authorization else { return nil }
        guard self.head.known.authorizations == 1 else {
            throw .badRequest("a request has at most one field Authorization (RFC 6750, section 2)")
        }
        let (field, size) = (self.head.bytes(at: index), scheme.utf8CodeUnitCount)
        guard field.withUnsafeBytes({ $0.begins(with: scheme) && ($0.count == size || $0[size] == 0x20) }) else {
            return nil
        }
        return field.dropFirst(size).drop { $0 == 0x20 }
    }

    public var hasCookies: Bool { self.head.known.hasCookies }

    /// Whether it was sent to a name or an address of the loopback, as the client says.
    public var isToLoopback: Bool {
        if self.head.known.isHostLoopback, self.head.target.authority == nil { return true }
        return self.authority.map { Loopback.has($0.host) } ?? false
    }

    /// The field `Last-Event-ID`; `nil` also if it is empty.
    public var lastEventID: [UInt8]? { self.head.known.lastEventID.flatMap { $0.isEmpty ? nil : $0 } }

    /// Whether a script says that it asks (`X-Requested-With: XMLHttpRequest`).
    public var isByScript: Bool { self.head.known.isByScript }

    /// Which of some media types, in lower case, the client wants most of all by the field `Accept`; `nil` if it names
    /// none of them. Of several that it wants as much, the first.
    public func preferred(of mediaTypes: [StaticString]) -> Int? {
        self.head.known.accept.flatMap { AcceptedTypes($0).preferred(of: mediaTypes) }
    }

    /// The field `Content-Type`; `nil` if it is not there, or empty.
    public var contentType: ContentType? { self.head.known.contentType }

    /// The first coding of the content that changes it (RFC 9110, section 8.4); `nil` if it is as it is.
    public var contentEncoding: String? {
        guard self.head.known.hasContentEncoding else { return nil }
        return self.head.members(of: "Content-Encoding").first { $0.lowercased() != "identity" }
    }

    /// Whether the client wants nothing from a cache (RFC 9111, section 5.2.1.4), as a browser's own `EventSource`
    /// says.
    public var isUncached: Bool {
        self.head.members(of: "Cache-Control").contains { $0.lowercased() == "no-cache" }
    }

    /// Whether it shows that a proxy has passed it on: by a PROXY header, or by a field that proxies add, whoever has
    /// sent that. One that shows nothing may have come through a proxy too.
    public var isForwarded: Bool { self.peer.hasProxyHeader || self.head.known.isForwarded }

    /// The values of all fields `Idempotency-Key`.
    public var idempotencyKeys: [String] {
        self.head.known.hasIdempotencyKey ? self.head.values(of: "Idempotency-Key") : []
    }
}
