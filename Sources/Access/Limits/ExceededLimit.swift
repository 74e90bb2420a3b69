/// A limit that leaves no room for what somebody wants.
public struct ExceededLimit: Error, Equatable, Sendable {
    /// Whom or what the limit is for.
    public enum Scope: String, Sendable {
        case address
        case principal
        case channel
    }

    public enum Quota: Equatable, Sendable {
        /// Connections at a time.
        case connections(Int)
        /// New connections.
        case connectionRate(Rate)
        /// Readers at a time.
        case readers(Int)
        /// Events published.
        case publishRate(Rate)
        /// Bytes published in a second.
        case byteRate(Int)
    }

    public let scope: Scope
    public let quota: Quota
    /// In how many seconds there is room again, rounded up; `nil` if that depends on what others do.
    public let wait: Int?

    /// - Parameter wait: In nanoseconds.
    init(_ scope: Scope, _ quota: Quota, wait: UInt64? = nil) {
        self.scope = scope
        self.quota = quota
        self.wait = wait.map { Int($0 / 1_000_000_000) + ($0 % 1_000_000_000 > 0 ? 1 : 0) }
    }

    /// The setting that says it: `limits.address.readers`.
    public var key: String { "limits.\(self.scope).\(self.quota.name)" }
}

extension ExceededLimit.Quota {
    fileprivate var name: String {
        switch self {
        case .connections: "connections"
        case .connectionRate: "connectionRate"
        case .readers: "readers"
        case .publishRate: "publishRate"
        case .byteRate: "byteRate"
        }
    }
}

extension ExceededLimit: CustomStringConvertible {
    public var description: String {
        let what =
            switch self.quota {
            case .connections(let most): "\(most) connections at a time"
            case .connectionRate(let rate): "\(rate) new connections"
            case .readers(let most): "\(most) readers at a time"
            case .publishRate(let rate): "\(rate) published events"
            case .byteRate(let most): "\(most) published bytes a second"
            }
        let whose =
            switch self.scope {
            case .address: "from this address"
            case .principal: "of this principal"
            case .channel: "in this channel"
            }
        let when = self.wait.map { "; try again in \($0) s" } ?? ""
        return "at most \(what) \(whose) (\(self.key))\(when)"
    }
}
