import Synchronization

/// How many connections or readers each key has open. As large as there are open ones, which `limits.connections` bounds:
/// what is open cannot be forgotten. May be used from any thread.
public final class OpenCounts<Key: Hashable & Sendable>: Sendable {
    private static var shardCount: Int { 16 }

    private final class Shard: Sendable {
        let counts = Mutex<[Key: Int]>([:])
    }

    /// The most that a key may have open.
    public let most: Int
    private let shards: [Shard]

    public init(most: Int) {
        self.most = most
        self.shards = (0..<Self.shardCount).map { _ in Shard() }
    }

    /// Counts one more, unless there are as many as there may be. Each that was counted must be taken off by
    /// ``close(_:)``.
    public func open(_ key: Key) -> Bool {
        self.shard(of: key).counts.withLock { counts in
            guard counts[key, default: 0] < self.most else { return false }
            counts[key, default: 0] += 1
            return true
        }
    }

    public func close(_ key: Key) {
        self.shard(of: key).counts.withLock { counts in
            guard let count = counts[key] else { return }
            counts[key] = count > 1 ? count - 1 : nil
        }
    }

    /// How many keys have anything open.
    public var keyCount: Int { self.shards.reduce(0) { $0 + $1.counts.withLock(\.count) } }

    private func shard(of key: Key) -> Shard {
        self.shards[Int(UInt(bitPattern: key.hashValue) % UInt(Self.shardCount))]
    }
}
