/// So many in a time: `50/s`, `10/m`.
public struct Rate: Hashable, Sendable {
    /// The times that a rate is written by.
    public enum Period: String, Sendable, CaseIterable {
        case second = "s"
        case minute = "m"
        case hour = "h"

        /// In seconds.
        public var length: Int {
            switch self {
            case .second: 1
            case .minute: 60
            case .hour: 3_600
            }
        }
    }

    /// The most that a rate may be of: a bucket then counts by nanoseconds, and no sum of its times overflows.
    public static let maximumCount = 1_000_000_000

    public let count: Int
    public let period: Period

    /// That of wrong credentials from one address, if nothing else is said.
    public static let failures = Rate(trusted: 10, per: .minute)
    /// That of new connections from one address, if nothing else is said.
    static let connections = Rate(trusted: 50, per: .second)

    private init(trusted count: Int, per period: Period) {
        self.count = count
        self.period = period
    }

    /// - Returns: `nil` unless the count is from 1 to ``maximumCount``.
    public init?(_ count: Int, per period: Period) {
        guard 1...Self.maximumCount ~= count else { return nil }
        self.init(trusted: count, per: period)
    }

    /// - Returns: `nil` for what is not written as a count, a stroke and `s`, `m` or `h`.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.allSatisfy({ 48...57 ~= $0 }), let count = Int(parts[0]),
            let period = Period(rawValue: String(parts[1]))
        else { return nil }
        self.init(count, per: period)
    }
}

extension Rate: CustomStringConvertible {
    public var description: String { "\(self.count)/\(self.period.rawValue)" }
}
