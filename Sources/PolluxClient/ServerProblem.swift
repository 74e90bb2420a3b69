import JSON
import NIOCore
import NIOHTTP1

/// What a server says in place of what was asked for: `application/problem+json` (RFC 9457), or what can be told from
/// another answer that is no success, such as a proxy's.
public struct ServerProblem: Equatable, Sendable {
    /// The status of the answer.
    public let status: Int
    /// What is wrong, in few words.
    public let title: String
    /// Which field, key or limit it is, and what would do; empty if the server does not say.
    public let detail: String
    /// After how many seconds a repetition may do better, by the field `Retry-After`; `nil` if the server does not say,
    /// or names a date.
    public let retryAfter: Int?

    /// Puts a problem together.
    public init(status: Int, title: String, detail: String = "", retryAfter: Int? = nil) {
        self.status = status
        self.title = title
        self.detail = detail
        self.retryAfter = retryAfter
    }

    /// Reads an answer.
    init(_ head: HTTPResponseHead, content: ByteBuffer) {
        let members = try? JSONValue(parsing: Array(content.readableBytesView))
        self.init(
            status: Int(head.status.code),
            title: members?["title"]?.stringValue ?? head.status.reasonPhrase,
            detail: members?["detail"]?.stringValue ?? "",
            retryAfter: head.headers.first(name: "Retry-After").flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil })
    }
}

extension ServerProblem: CustomStringConvertible {
    public var description: String {
        "\(self.title) (\(self.status))" + (self.detail.isEmpty ? "" : ": \(self.detail)")
    }
}
