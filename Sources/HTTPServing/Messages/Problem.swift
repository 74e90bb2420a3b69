import JSON
import NIOCore
public import NIOHTTP1

/// An error as the client is told of it: `application/problem+json` (RFC 9457).
public struct Problem: Error, Equatable {
    public let status: HTTPResponseStatus
    /// What is wrong, in few words; the same for every occurrence.
    public let title: String
    /// Which field, key or limit it is, and what would do.
    public let detail: String
    /// Seconds after which a retry may do better, for `Retry-After`.
    public let retryAfter: Int?
    /// The limit that was exceeded, where it is one of size or number, so that a client may keep to it by itself.
    public let limit: Limit?
    /// The quota that is used up, where that is why.
    public let quota: Quota?
    /// By what the client can say who it is, for `WWW-Authenticate` (RFC 9110, section 11.6.1).
    public let challenge: String?

    /// A limit as clients are told of it: the key by which it is configured, and the most that it allows.
    public struct Limit: Equatable, Sendable {
        public let key: String
        public let most: Int

        public init(_ key: String, most: Int) {
            self.key = key
            self.most = most
        }
    }

    public init(
        _ status: HTTPResponseStatus, _ title: String, detail: String, retryAfter: Int? = nil, limit: Limit? = nil,
        quota: Quota? = nil, challenge: String? = nil
    ) {
        self.status = status
        self.title = title
        self.detail = detail
        self.retryAfter = retryAfter
        self.limit = limit
        self.quota = quota
        self.challenge = challenge
    }

    /// Whether the same may do better a little later.
    public var passes: Bool { self.status == .tooManyRequests || self.status == .serviceUnavailable }

    /// The answer. One line that begins with `{`: no client can take it for an event stream.
    public var response: Response {
        var members: [JSONValue.Member] = [
            .init("type", .string("about:blank")),
            .init("title", .string(self.title)),
            .init("status", .integer(Int64(self.status.code))),
            .init("detail", .string(self.detail)),
        ]
        if let limit {
            members.append(.init("limit", .string(limit.key)))
            members.append(.init("most", .integer(Int64(limit.most))))
        }
        var headers: HTTPHeaders = [
            "Content-Type": "application/problem+json",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        ]
        if let challenge { headers.add(name: "WWW-Authenticate", value: challenge) }
        if let retryAfter { headers.add(name: "Retry-After", value: String(retryAfter)) }
        if let quota { headers.add(contentsOf: quota.fields(resetAfter: self.retryAfter)) }
        return Response(self.status, headers: headers, body: ByteBuffer(bytes: JSONValue.object(members).encoded()))
    }
}

extension Problem {
    public static func badRequest(_ detail: String) -> Problem {
        Problem(.badRequest, "Bad request", detail: detail)
    }

    static func repeated(_ name: StaticString) -> Problem {
        .badRequest("a request has at most one field \(name) (RFC 9110, section 5.3)")
    }

    static func headTooLarge(_ key: String, _ most: Int, _ unit: String) -> Problem {
        Problem(
            .requestHeaderFieldsTooLarge, "Request head too large",
            detail: "the head of a request may have at most \(most) \(unit) (\(key))", limit: Limit(key, most: most))
    }

    static func bodyTooLarge(_ most: Int) -> Problem {
        .contentTooLarge("the content of a request", Limit("limits.bodySize", most: most))
    }

    /// A head did not come in time.
    static func slowHead(_ limit: TimeAmount) -> Problem {
        .timeout("the head of the request was not complete within \(limit.inMilliseconds) (limits.headTimeout)")
    }

    /// Content comes too slowly.
    static func slowContent(_ span: TimeAmount) -> Problem {
        .timeout(
            "the content of the request brought less than \(ContentPace.leastRate) bytes a second over "
                + "\(span.inMilliseconds) (limits.bodyTimeout)")
    }

    private static func timeout(_ detail: String) -> Problem {
        Problem(.requestTimeout, "Request timeout", detail: detail)
    }

    public static func notFound(_ detail: String) -> Problem {
        Problem(.notFound, "Not found", detail: detail)
    }

    /// - Parameter subject: What is too large: "an event".
    public static func contentTooLarge(_ subject: String, _ limit: Limit) -> Problem {
        Problem(
            .payloadTooLarge, "Content too large",
            detail: "\(subject) may have at most \(limit.most) bytes (\(limit.key))", limit: limit)
    }

    public static func unprocessable(_ detail: String) -> Problem {
        Problem(.unprocessableEntity, "Unprocessable content", detail: detail)
    }

    public static func unavailable(_ detail: String, retryAfter: Int) -> Problem {
        Problem(.serviceUnavailable, "Service unavailable", detail: detail, retryAfter: retryAfter)
    }

    /// The server holds as many connections as it may.
    public static let overCapacity = Problem.unavailable(
        "the server holds as many connections as it may (limits.connections)", retryAfter: 5)

    static func addressOverCapacity(most: Int) -> Problem {
        Problem(
            .tooManyRequests, "Too many requests",
            detail: "at most \(most) connections at a time from this address (limits.address.connections)",
            retryAfter: 5,
            limit: Limit("limits.address.connections", most: most), quota: .concurrent("connections", most: most))
    }
}

extension TimeAmount {
    fileprivate var inMilliseconds: String { "\(self.nanoseconds / 1_000_000) ms" }
}
