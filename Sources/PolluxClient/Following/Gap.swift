import JSON

/// Events that a follower asked for and that the server no longer has.
public struct Gap: Equatable, Sendable {
    /// The type of the event that tells of it in a stream.
    static let eventType = "pollux.gap"

    /// `trimmed` (dropped or deleted), `lost` (the server was set back, and lost what came behind the cursor), `epoch` (the cursor
    /// is of a server with another past) or `unknown` (it is no cursor of this server).
    public let reason: String
    /// The cursor that was asked for.
    public let after: String
    /// The id of the first event that follows; `nil` if there is none yet.
    public let resumedAt: String?

    /// Puts a gap together.
    public init(reason: String, after: String, resumedAt: String?) {
        self.reason = reason
        self.after = after
        self.resumedAt = resumedAt
    }

    /// Reads what a server tells of a gap, in an event or in a poll's answer.
    ///
    /// - Throws: ``ClientError/unreadable(_:)``.
    init(_ members: JSONValue) throws(ClientError) {
        guard let reason = members["reason"]?.stringValue, let after = members["after"]?.stringValue else {
            throw .unreadable("a gap lacks a member")
        }
        self.init(reason: reason, after: after, resumedAt: members["resumedAt"]?.stringValue)
    }

    /// What a server tells, as JSON.
    var json: JSONValue {
        .object([
            .init("reason", .string(self.reason)),
            .init("after", .string(self.after)),
            .init("resumedAt", self.resumedAt.map { .string($0) } ?? .null),
        ])
    }
}
