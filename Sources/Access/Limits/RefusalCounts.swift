public import HTTPServing
import Synchronization

/// How often each limit has refused something since that was last asked for; for the log, which so has a line for many.
public final class RefusalCounts: Sendable {
    public struct Refusals: Equatable, Sendable {
        /// The setting: `limits.address.readers`.
        public let key: String
        public let scope: ExceededLimit.Scope
        public fileprivate(set) var count = 0
        /// From where the latest came.
        public fileprivate(set) var address: PeerAddress?
    }

    /// By key, of which there are few.
    private let refusals = Mutex<[String: Refusals]>([:])

    func add(_ limit: ExceededLimit, from address: PeerAddress?) {
        let key = limit.key
        self.refusals.withLock { refusals in
            refusals[key, default: Refusals(key: key, scope: limit.scope)].count += 1
            refusals[key]?.address = address
        }
    }

    /// What has come together, in the order of the keys, and begins anew.
    public func take() -> [Refusals] {
        let taken = self.refusals.withLock { refusals in
            defer { refusals = [:] }
            return refusals
        }
        return taken.values.sorted { $0.key < $1.key }
    }
}
