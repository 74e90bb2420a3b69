public import Channels
import COpenSSL
import JSON

/// Tokens or a key, taken back before they end.
public struct Revocation: Equatable, Sendable {
    /// What was taken back.
    public enum Target: Hashable, Sendable {
        /// All tokens of a subject that were issued until now, or do not say when.
        case subject(String)
        /// The token with this `jti`.
        case token(String)
        /// A key of the server's, wherever it is still configured.
        case key(AccessKeyHash)
    }

    public let target: Target
    /// Of tokens, whose: those of another issuer are others. `nil` for those of every issuer.
    public let issuer: String?
    /// When, in milliseconds since 1970.
    public let time: Int64
    /// Until when it is remembered, in milliseconds since 1970: no token of it is good for longer. `nil` for ever.
    public let end: Int64?

    public init(_ target: Target, of issuer: String? = nil, at time: Int64, until end: Int64?) {
        self.target = target
        self.issuer = issuer
        self.time = time
        self.end = end
    }
}

// MARK: - How it is kept

extension Revocation {
    /// How the names of all records of this kind begin.
    public static let prefix = "access/revoked/"

    /// `nil` if it is too long to be kept.
    public var record: SmallRecord? {
        var members: [JSONValue.Member] = [.init("time", .integer(self.time))]
        switch self.target {
        case .subject(let text): members.append(.init("sub", .string(text)))
        case .token(let text): members.append(.init("jti", .string(text)))
        case .key(let hash): members.append(.init("key", .string(hash.description)))
        }
        if let issuer { members.append(.init("iss", .string(issuer))) }
        // A subject may have any characters, and any length: the name is its digest.
        let identity = JSONValue.object(Array(members.dropFirst())).encoded()
        return RecordName(Self.prefix + AccessKeyHash(of: identity).hexadecimal).flatMap {
            SmallRecord($0, JSONValue.object(members).encoded(), end: self.end)
        }
    }

    /// `nil` for what this server has not written.
    public init?(_ record: SmallRecord) {
        guard let object = try? JSONValue(parsing: record.bytes), let time = object["time"]?.integerValue else {
            return nil
        }
        let target: Target
        if let text = object["sub"]?.stringValue {
            target = .subject(text)
        } else if let text = object["jti"]?.stringValue {
            target = .token(text)
        } else if let hash = object["key"]?.stringValue.flatMap({ AccessKeyHash($0) }) {
            target = .key(hash)
        } else {
            return nil
        }
        self.init(target, of: object["iss"]?.stringValue, at: time, until: record.end)
    }
}
