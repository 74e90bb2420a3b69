import DequeModule

/// The idempotency keys that a memory ledger remembers: for each the receipt it was answered with.
struct IdempotencyKeys {
    /// How long and how many keys are remembered.
    struct Limits: Sendable {
        var windowMilliseconds: Int64
        var count: Int
    }

    private struct ChannelKey: Hashable {
        let channel: ChannelName
        let key: IdempotencyKey
    }

    private struct Entry {
        let fingerprint: Fingerprint
        let receipt: Receipt
        /// When it was remembered, by the steady clock.
        let instant: Int64
    }

    private let limits: Limits
    private var entries: [ChannelKey: Entry] = [:]
    private var byAge: Deque<ChannelKey> = []

    init(limits: Limits) {
        self.limits = limits
    }

    /// What a publication with this key is to be answered, if the key was used before; `nil` if it is new.
    func outcome(of publication: Publication, key: IdempotencyKey) -> PublishOutcome? {
        guard let entry = self.entries[ChannelKey(channel: publication.channel, key: key)] else { return nil }
        return entry.fingerprint == Fingerprint(publication) ? .replayed(entry.receipt) : .keyConflict
    }

    /// Whether one key more can be remembered.
    var hasRoom: Bool { self.entries.count < self.limit }

    var limit: Int { self.limits.count }

    mutating func remember(_ key: IdempotencyKey, of publication: Publication, receipt: Receipt, at now: Int64) {
        let channelKey = ChannelKey(channel: publication.channel, key: key)
        self.entries[channelKey] = Entry(
            fingerprint: Fingerprint(publication), receipt: receipt, instant: now)
        self.byAge.append(channelKey)
    }

    /// Forgets the keys whose window is over.
    ///
    /// - Parameter now: By the steady clock.
    mutating func expire(at now: Int64) {
        let oldest = now - self.limits.windowMilliseconds
        while let first = self.byAge.first, let entry = self.entries[first], entry.instant < oldest {
            self.byAge.removeFirst()
            self.entries[first] = nil
        }
    }
}
