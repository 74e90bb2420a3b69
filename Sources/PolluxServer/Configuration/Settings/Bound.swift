import HTTPServing
import NIOCore
import Doors

/// A setting that another one bounds. It follows the other one unless it is given itself; then it must keep to it.
struct Bound: Sendable {
    static let all = [
        Bound("limits.bodySize", \.limits.bodySize, .atLeast, "limits.batchSize", \.transports.batchSize),
        Bound("limits.bodySize", \.limits.bodySize, .atLeast, "limits.eventSize", \.transports.eventSize),
        Bound("poll.wait", \.transports.pollWait, .atMost, "poll.waitMost", \.transports.pollWaitMost),
    ]

    enum Relation: String, Sendable {
        case atLeast = "at least"
        case atMost = "at most"

        func holds<Value: Comparable>(_ value: Value, _ bound: Value) -> Bool {
            switch self {
            case .atLeast: value >= bound
            case .atMost: value <= bound
            }
        }
    }

    let key: String
    let relation: Relation
    /// The setting that bounds it.
    let leader: String
    let holds: @Sendable (ServerConfiguration) -> Bool
    let follow: @Sendable (inout ServerConfiguration) -> Void

    private init<Value: Comparable & Sendable>(
        _ key: String, _ path: any WritableKeyPath<ServerConfiguration, Value> & Sendable, _ relation: Relation,
        _ leader: String, _ leaderPath: any KeyPath<ServerConfiguration, Value> & Sendable
    ) {
        self.key = key
        self.relation = relation
        self.leader = leader
        self.holds = { relation.holds($0[keyPath: path], $0[keyPath: leaderPath]) }
        self.follow = { $0[keyPath: path] = $0[keyPath: leaderPath] }
    }

    /// Why what is given in a place cannot be used.
    func problem(in place: Place, _ configuration: ServerConfiguration) -> String {
        guard let setting = Setting.named(self.key), let other = Setting.named(self.leader) else { return self.key }
        let bound = "\(self.relation.rawValue) \(self.leader), which is \(other.current(configuration))"
        return "\(place.title(of: setting)) is \(setting.current(configuration)), but must be \(bound)"
    }
}
