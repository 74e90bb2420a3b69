/// What one publisher appends at once: to one channel, or the same events to several.
///
/// An event that several channels have is one event with one position. Each channel keeps it for as long as its own retention says,
/// and lets go of it without the others.
public struct Publication: Sendable {
    public let channel: ChannelName
    /// The other channels that have the same events, each once; mostly none.
    public let others: [ChannelName]
    /// At least one.
    public let drafts: [Draft]
    /// Counts in ``channel``.
    public let key: IdempotencyKey?
    /// What is written in the same transaction; nothing of it where the key was used before.
    public let records: [RecordChange]

    /// - Parameter others: In any order and with repeats.
    public init(
        channel: ChannelName, others: [ChannelName] = [], drafts: [Draft], key: IdempotencyKey? = nil,
        records: [RecordChange] = []
    ) {
        self.channel = channel
        self.others = others.isEmpty ? [] : Set(others).subtracting([channel]).sorted()
        self.drafts = drafts
        self.key = key
        self.records = records
    }

    /// The events that the drafts become in one of the channels.
    ///
    /// - Parameter instant: When, by the steady clock.
    public func events(_ receipt: Receipt, instant: Int64, in channel: ChannelName) -> [Event] {
        self.drafts.enumerated().map { index, draft in
            Event(
                position: receipt.first.advanced(by: index), time: receipt.time, instant: instant,
                channel: channel, type: draft.type, data: draft.data, attributes: draft.attributes)
        }
    }
}

/// What became of a publication.
public enum PublishOutcome: Equatable, Sendable {
    case appended(Receipt)
    /// The key was used before for the same events: nothing was appended, this is the receipt of that time.
    case replayed(Receipt)
    /// The key was used before for other events in this channel: nothing was appended.
    case keyConflict
}

/// Where the events of a publication are: they have positions that follow one another and share one time.
public struct Receipt: Equatable, Sendable {
    public let first: Position
    public let count: Int
    /// Milliseconds since 1970.
    public let time: Int64

    public init(first: Position, count: Int, time: Int64) {
        self.first = first
        self.count = count
        self.time = time
    }

    public var last: Position { self.first.advanced(by: self.count - 1) }
}

/// What a publisher names a publication by, so that a repeat appends nothing.
public struct IdempotencyKey: Hashable, Sendable {
    /// The most characters that a key may have.
    public static let maximumLength = 128

    public let text: String

    /// Takes a key that came from outside; `nil` unless it is 1 to 128 printable ASCII characters.
    public init?(_ text: String) {
        guard (1...Self.maximumLength).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else { return nil }
        self.text = text
    }
}
