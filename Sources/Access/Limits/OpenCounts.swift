import Synchronization

/// How many connections or readers each key has open. As large as there are open ones, which `limits.connections` bounds:
/// what is open cannot be forgotten. May be used from any thread.
final class OpenCounts<Key: Hashable & Sendable>: Sendable {
    private static var shardCount: Int { 16 }

    private final class Shard: Sendable {
        let counts = Mutex<[Key: Int]>([:])
    }

    private let shards: [Shard]

    init() {
        self.shards = (0..<Self.shardCount).map { _ in Shard() }
    }

    /// Counts one more, unless there are as many as there may be.
    ///
    /// - Returns: Its place, which counts until it is let go of; `nil` if there is none.
    func open(_ key: Key, most: Int) -> OpenPlace<Key>? {
        let number = self.shard(of: key).counts.withLock { counts -> Int? in
            let number = counts[key, default: 0] + 1
            guard number <= most else { return nil }
            counts[key] = number
            return number
        }
        return number.map { OpenPlace(key, number: $0, in: self) }
    }

    fileprivate func close(_ key: Key) {
        self.shard(of: key).counts.withLock { counts in
            guard let count = counts[key] else { return }
            counts[key] = count > 1 ? count - 1 : nil
        }
    }

    /// How many keys have anything open.
    var keyCount: Int { self.shards.reduce(0) { $0 + $1.counts.withLock(\.count) } }

    private func shard(of key: Key) -> Shard {
        self.shards[Int(UInt(bitPattern: key.hashValue) % UInt(Self.shardCount))]
    }
}

/// A place among those that a key has open. It is given back once, when it is let go of, however its holder ends.
final class OpenPlace<Key: Hashable & Sendable>: Sendable {
    /// How many the key had open with this one, when it was given.
    let number: Int
    private let key: Key
    private let counts: OpenCounts<Key>
    private let isOpen = Atomic<Bool>(true)

    fileprivate init(_ key: Key, number: Int, in counts: OpenCounts<Key>) {
        self.key = key
        self.number = number
        self.counts = counts
    }

    deinit { self.giveBack() }

    /// It counts no more; once, however often this is called.
    func giveBack() {
        if self.isOpen.exchange(false, ordering: .relaxed) { self.counts.close(self.key) }
    }
}
