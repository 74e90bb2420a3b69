import NIOHTTP1

/// Who may read and write from pages of other origins (the Fetch standard, "HTTP-CORS protocol").
public struct CORS: Sendable {
    /// As browsers write them.
    private let allowed: Set<String>
    private let ownOrigins: OwnOrigins
    private let requestHeaders: String
    private static let methods = "GET, HEAD, POST, DELETE, OPTIONS"
    /// The last three are those of tracing, which libraries add to what a page asks for without its knowledge.
    private static let standardRequestHeaders = [
        "Accept", "Authorization", "Cache-Control", "Content-Type", "Idempotency-Key", "Last-Event-ID",
        "X-Requested-With", "traceparent", "tracestate", "baggage",
    ]
    private static let exposed = (
        "Access-Control-Expose-Headers",
        "Last-Event-ID, Link, Retry-After, RateLimit, RateLimit-Policy, Idempotency-Replayed"
    )
    private static let anyone = HTTPHeaders([("Access-Control-Allow-Origin", "*"), Self.exposed])

    /// - Parameters:
    ///   - allowed: The origins that may, such as `https://example.org`. Empty: everybody may, without credentials.
    ///   - requestHeaders: The fields that a page's requests may have besides those that are always allowed.
    ///   - ownOrigins: Those whose pages may write though they are not in the list.
    package init(allowed: [String] = [], requestHeaders: [String] = [], ownOrigins: OwnOrigins = OwnOrigins()) {
        self.allowed = Set(allowed.map { Origin($0)?.description ?? $0 })
        self.requestHeaders = (Self.standardRequestHeaders + requestHeaders).joined(separator: ", ")
        self.ownOrigins = ownOrigins
    }

    /// The fields for an answer to a request from a page of this origin; `nil` where the request named none.
    func headers(for origin: String?) -> HTTPHeaders {
        guard !self.allowed.isEmpty else { return Self.anyone }
        guard let origin, self.allows(origin) else { return ["Vary": "Origin"] }
        return HTTPHeaders([
            ("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true"), ("Vary", "Origin"),
            Self.exposed,
        ])
    }

    /// Whether an origin is in the list, however it is spelled.
    private func allows(_ origin: String) -> Bool {
        self.allowed.contains(origin) || Origin(origin).map { self.allowed.contains($0.description) } == true
    }

    /// Whether a write may be done: one that no page asks for, or one of an origin that may, or of the server's own.
    public func allowsWrite(_ request: Request) -> Bool {
        guard !self.allowed.isEmpty, let origin = request.origin, !self.allows(origin) else { return true }
        return Origin(origin).map { self.ownOrigins.contains($0, of: request) } == true
    }

    /// Whether a request comes from no page, or from one that may do what its user may without being asked who he is: one of an origin in
    /// the list, or of the server's own. What a browser brings along by itself counts only for these.
    public func trustsPage(of request: Request) -> Bool {
        guard let origin = request.origin else { return !request.isOfOtherOrigin }
        if self.allows(origin) { return true }
        return Origin(origin).map { self.ownOrigins.contains($0, of: request) } == true
    }

    /// The answer to a method that a resource does not have: OPTIONS, preflight or not, has one everywhere, others have
    /// 405.
    ///
    /// - Parameter allow: The methods of the resource, as the field `Allow` has them.
    public func answer(toOther request: Request, allow: String) -> Response {
        if request.method == .OPTIONS { return self.preflight(request, allow: allow) }
        var response = Problem(.methodNotAllowed, "Method not allowed", detail: "here: \(allow)").response
        response.headers.add(name: "Allow", value: allow)
        return response
    }

    /// The answer to OPTIONS, preflight or not, for a resource with these methods.
    private func preflight(_ request: Request, allow: String) -> Response {
        var response = Response(.noContent, headers: ["Allow": allow])
        guard self.allowed.isEmpty || request.origin.map(self.allows) ?? false else { return response }
        response.headers.add(name: "Access-Control-Allow-Methods", value: Self.methods)
        response.headers.add(name: "Access-Control-Allow-Headers", value: self.requestHeaders)
        response.headers.add(name: "Access-Control-Max-Age", value: "7200")
        return response
    }
}
