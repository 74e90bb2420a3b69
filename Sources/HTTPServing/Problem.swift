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

    public init(_ status: HTTPResponseStatus, _ title: String, detail: String, retryAfter: Int? = nil) {
        self.status = status
        self.title = title
        self.detail = detail
        self.retryAfter = retryAfter
    }

    /// The answer. One line that begins with `{`: no client can take it for an event stream.
    public var response: Response {
        let content = JSONValue.object([
            .init("type", .string("about:blank")),
            .init("title", .string(self.title)),
            .init("status", .integer(Int64(self.status.code))),
            .init("detail", .string(self.detail)),
        ])
        var headers: HTTPHeaders = [
            "Content-Type": "application/problem+json",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        ]
        if let retryAfter { headers.add(name: "Retry-After", value: String(retryAfter)) }
        return Response(self.status, headers: headers, body: ByteBuffer(bytes: content.encoded()))
    }
}

extension Problem {
    public static func badRequest(_ detail: String) -> Problem {
        Problem(.badRequest, "Bad request", detail: detail)
    }

    static func headTooLarge(_ key: String, _ limit: Int, _ unit: String) -> Problem {
        Problem(
            .requestHeaderFieldsTooLarge, "Request head too large",
            detail: "the head of a request may have at most \(limit) \(unit) (\(key))")
    }

    static func bodyTooLarge(_ limit: Int) -> Problem {
        .contentTooLarge("the content of a request may have at most \(limit) bytes (limits.bodySize)")
    }

    /// A part of a request did not come in time.
    static func timeout(_ part: String, _ key: String, _ limit: TimeAmount) -> Problem {
        let time = "\(limit.nanoseconds / 1_000_000) ms"
        return Problem(
            .requestTimeout, "Request timeout",
            detail: "the \(part) of the request was not complete within \(time) (\(key))")
    }

    public static func notFound(_ detail: String) -> Problem {
        Problem(.notFound, "Not found", detail: detail)
    }

    public static func contentTooLarge(_ detail: String) -> Problem {
        Problem(.payloadTooLarge, "Content too large", detail: detail)
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
}
