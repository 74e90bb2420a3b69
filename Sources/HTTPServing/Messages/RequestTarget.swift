import NIOHTTP1

/// What a request is about (RFC 9112, section 3.2).
struct RequestTarget: Sendable {
    /// As it was sent: percent-encoded, beginning with `/`. `*` where OPTIONS asks about the whole server; what CONNECT
    /// names.
    let path: [UInt8]
    /// What stands behind the `?`, as it was sent; empty if there is none.
    let query: [UInt8]
    /// Host and port, where the target names them. Then they count, and not the field `Host` (RFC 9112, section 3.2.2;
    /// RFC 9113, section 8.3.1).
    let authority: Authority?

    /// - Throws: ``Problem`` (400) for what has none of the forms that there are.
    init(_ bytes: UnsafeRawBufferPointer, method: HTTPMethod) throws(Problem) {
        guard !bytes.contains(UInt8(ascii: "#")) else {
            throw .badRequest("the target of a request has no fragment; a '#' in a name is written %23")
        }
        if case .CONNECT = method {
            guard Authority.isValid(bytes) else { throw .invalidAuthority("the target of CONNECT") }
            self.init(path: Array(bytes), query: [], authority: nil)
        } else if bytes.first == UInt8(ascii: "/") {
            self.init(pathAndQuery: bytes, authority: nil)
        } else if method == .OPTIONS && bytes.isExactly("*") {
            self.init(path: Array(bytes), query: [], authority: nil)
        } else {
            try self.init(absolute: bytes)
        }
    }

    /// Of HTTP/2, where the parts are sent apart.
    init(path: String, authority: String?, method: HTTPMethod) throws(Problem) {
        let named = authority.flatMap { Authority($0) }
        guard authority == nil || named != nil else { throw .invalidAuthority(":authority") }
        guard path.utf8.first == UInt8(ascii: "/") || (path == "*" && method == .OPTIONS) else {
            throw .badRequest("a request needs a path that begins with a slash (RFC 9113, section 8.3.1)")
        }
        var path = path
        let target = try path.withUTF8 { bytes in
            Result { () throws(Problem) in try RequestTarget(UnsafeRawBufferPointer(bytes), method: method) }
        }.get()
        self.init(path: target.path, query: target.query, authority: named)
    }

    init(path: [UInt8], query: [UInt8], authority: Authority?) {
        self.path = path
        self.query = query
        self.authority = authority
    }

    private init(pathAndQuery bytes: UnsafeRawBufferPointer, authority: Authority?) {
        let end = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.count
        self.init(path: Array(bytes[..<end]), query: Array(bytes[end...].dropFirst()), authority: authority)
    }

    private static let schemes: [StaticString] = ["http://", "https://"]

    /// The absolute form, as proxies send it.
    private init(absolute bytes: UnsafeRawBufferPointer) throws(Problem) {
        guard let scheme = Self.schemes.first(where: { bytes.begins(with: $0) }) else {
            throw .badRequest("the target of the request must be a path, or a URL of http or https with a host")
        }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[scheme.utf8CodeUnitCount...])
        let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.count
        guard let authority = Authority(UnsafeRawBufferPointer(rebasing: rest[..<end])) else {
            throw .invalidAuthority("the target of the request")
        }
        let target = UnsafeRawBufferPointer(rebasing: rest[end...])
        if target.first == UInt8(ascii: "/") {
            self.init(pathAndQuery: target, authority: authority)
        } else {
            self.init(path: [UInt8(ascii: "/")], query: Array(target.dropFirst()), authority: authority)
        }
    }
}

extension Problem {
    static func invalidAuthority(_ place: String) -> Problem {
        .badRequest(
            "\(place) must name a host, perhaps with a port up to 65535, and nothing else (RFC 9110, section 7.2)")
    }
}
