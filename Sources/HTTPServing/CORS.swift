import NIOHTTP1

/// Who may read and write from pages of other origins (the Fetch standard, "HTTP-CORS protocol").
public struct CORS: Sendable {
    private let allowed: Set<String>
    private static let methods = "GET, HEAD, POST, DELETE, OPTIONS"
    private static let requestHeaders =
        "Accept, Authorization, Cache-Control, Content-Type, Idempotency-Key, Last-Event-ID, X-Requested-With"
    private static let exposed = (
        "Access-Control-Expose-Headers", "Last-Event-ID, Link, Retry-After, Idempotency-Replayed"
    )
    private static let anyone = HTTPHeaders([("Access-Control-Allow-Origin", "*"), Self.exposed])

    /// - Parameter allowed: The origins that may, as browsers send them: `https://example.org`. Empty: everybody may,
    ///   without credentials.
    public init(allowed: [String] = []) {
        self.allowed = Set(allowed)
    }

    /// The fields for an answer to a request from a page of this origin; `nil` where the request named none.
    func headers(for origin: String?) -> HTTPHeaders {
        guard !self.allowed.isEmpty else { return Self.anyone }
        guard let origin, self.allowed.contains(origin) else { return ["Vary": "Origin"] }
        return HTTPHeaders([
            ("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true"), ("Vary", "Origin"),
            Self.exposed,
        ])
    }

    /// Whether a write may be done: one that no page asks for, or one of an origin that may, or of the server's own.
    public func allowsWrite(_ request: Request) -> Bool {
        guard !self.allowed.isEmpty, let origin = request.origin else { return true }
        if self.allowed.contains(origin) { return true }
        guard let host = request.header("Host") else { return false }
        return origin == "http://\(host)" || origin == "https://\(host)"
    }

    /// The answer to OPTIONS, preflight or not, for a resource with these methods.
    public func preflight(_ request: Request, allow: String) -> Response {
        var response = Response(.noContent, headers: ["Allow": allow])
        guard self.allowed.isEmpty || request.origin.map(self.allowed.contains) ?? false else { return response }
        response.headers.add(name: "Access-Control-Allow-Methods", value: Self.methods)
        response.headers.add(name: "Access-Control-Allow-Headers", value: Self.requestHeaders)
        response.headers.add(name: "Access-Control-Max-Age", value: "7200")
        return response
    }
}
