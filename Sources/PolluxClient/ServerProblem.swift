import JSON
import NIOCore
import NIOHTTP1

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a server says in place of what was asked for: `application/problem+json` (RFC 9457), or what can be told from
/// another answer that is no success, such as a proxy's.
public struct ServerProblem: Equatable, Sendable {
    /// The status of the answer.
    public let status: Int
    /// What is wrong, in few words.
    public let title: String
    /// Which field, key or limit it is, and what would do; empty if the server does not say.
    public let detail: String
    /// After how many seconds a repetition may do better, by the field `Retry-After`, at most ``mostRetryAfter``; `nil` if the
    /// server does not say.
    public let retryAfter: Int?

    /// A server that asks for more patience than this, or for a date behind it, is taken to ask for this: an hour.
    static let mostRetryAfter = 3_600

    /// Puts a problem together.
    public init(status: Int, title: String, detail: String = "", retryAfter: Int? = nil) {
        self.status = status
        self.title = title
        self.detail = detail
        self.retryAfter = retryAfter.map { min(max($0, 0), Self.mostRetryAfter) }
    }

    /// Reads an answer.
    ///
    /// - Parameter now: In seconds since 1970.
    init(_ head: HTTPResponseHead, content: ByteBuffer, now: Int = time(nil)) {
        let members = try? JSONValue(parsing: Array(content.readableBytesView))
        self.init(
            status: Int(head.status.code),
            title: members?["title"]?.stringValue ?? head.status.reasonPhrase,
            detail: members?["detail"]?.stringValue ?? "",
            retryAfter: head.headers.first(name: "Retry-After").flatMap { Self.seconds($0, now) })
    }

    /// The value of `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date, from now on.
    private static func seconds(_ value: String, _ now: Int) -> Int? {
        if !value.isEmpty, value.utf8.allSatisfy(\.isDigit) { return Int(value) ?? .max }
        return Self.date(value).map { $0 - now }
    }

    /// A date in the form that is sent today (RFC 9110, section 5.6.7), `Sun, 06 Nov 1994 08:49:37 GMT`, in seconds since 1970.
    private static func date(_ text: String) -> Int? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(where: { $0 == words[2] }) else {
            return nil
        }
        let numbers = ([words[1], words[3]] + words[4].split(separator: ":")).compactMap { CInt($0) }
        guard numbers.count == 5, numbers.allSatisfy({ 0...9_999 ~= $0 }) else { return nil }
        var date = tm()
        (date.tm_mday, date.tm_mon, date.tm_year) = (numbers[0], CInt(month), numbers[1] - 1_900)
        (date.tm_hour, date.tm_min, date.tm_sec) = (numbers[2], numbers[3], numbers[4])
        return timegm(&date)
    }
}

extension ServerProblem: CustomStringConvertible {
    public var description: String {
        "\(self.title) (\(self.status))" + (self.detail.isEmpty ? "" : ": \(self.detail)")
    }
}
