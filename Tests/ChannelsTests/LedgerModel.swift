import Channels

/// What a ledger does, said as plainly as can be: a list of events, and for each channel the last one that was lost.
struct LedgerModel {
    struct Entry: Equatable {
        let position: UInt64
        let time: Int64
        let instant: Int64
        let channel: ChannelName
        let draft: [[UInt8]]

        init(_ event: Event) {
            self.position = event.position.rawValue
            self.time = event.time
            self.instant = event.instant
            self.channel = event.channel
            self.draft = [event.type, event.data]
        }

        /// An event that was read from a store does not know its instant.
        static func == (left: Entry, right: Entry) -> Bool {
            left.position == right.position && left.time == right.time && left.channel == right.channel
                && left.draft == right.draft
        }

        var size: Int { self.draft[0].count + self.draft[1].count }
    }

    private struct Key {
        let publication: Publication
        let receipt: Receipt
        let instant: Int64
    }

    private let settings: LedgerSettings
    /// All that ever were.
    private(set) var everything: [Entry] = []
    private var kept: [Entry] = []
    private var lost: [ChannelName: UInt64] = [:]
    private var keys: [Key] = []

    init(_ settings: LedgerSettings) {
        self.settings = settings
    }

    var head: UInt64 { self.everything.last?.position ?? 0 }

    mutating func publish(_ publication: Publication, at now: Moment) -> Result<PublishOutcome, LedgerError> {
        let window = 1_000 * self.settings.idempotencyWindow.components.seconds
        self.keys.removeAll { $0.instant < now.steadyMilliseconds - window }
        if let key = publication.key {
            let known = self.keys.first { $0.publication.channel == publication.channel && $0.publication.key == key }
            if let known {
                return .success(
                    known.publication.drafts == publication.drafts
                        && known.publication.others == publication.others ? .replayed(known.receipt) : .keyConflict)
            }
            guard self.keys.count < self.settings.idempotencyKeys else {
                return .failure(.tooManyKeys(limit: self.settings.idempotencyKeys))
            }
        }
        let receipt = Receipt(first: position(self.head + 1), count: publication.drafts.count, time: now.milliseconds)
        if publication.key != nil {
            self.keys.append(Key(publication: publication, receipt: receipt, instant: now.steadyMilliseconds))
        }
        let entries = ([publication.channel] + publication.others).flatMap { channel in
            publication.events(receipt, instant: now.steadyMilliseconds, in: channel).map(Entry.init)
        }
        self.everything += entries
        self.kept += entries
        return .success(.appended(receipt))
    }

    mutating func drop(_ channel: ChannelName) {
        self.lose { $0.channel == channel }
    }

    mutating func trim(at now: Moment) {
        for channel in Set(self.kept.map(\.channel)) {
            let limit = self.settings.retention.retention(of: channel)
            let events = self.kept.filter { $0.channel == channel }
            let first = events.indices.first { index in
                events[index...].count <= limit.events && events[index...].reduce(0) { $0 + $1.size } <= limit.bytes
                    && events[index].instant >= now.steadyMilliseconds - 1_000 * limit.age.components.seconds
            }
            let begin = first.map { events[$0].position } ?? .max
            self.lose { $0.channel == channel && $0.position < begin }
        }
    }

    private mutating func lose(_ isLost: (Entry) -> Bool) {
        for entry in self.kept where isLost(entry) { self.lost[entry.channel] = entry.position }
        self.kept.removeAll(where: isLost)
    }

    func entries(of selection: Selection, from start: ReadQuery.Start) -> [Entry] {
        var entries: [Entry] = []
        // One that several channels have is shown once, as the first of them has it.
        for channel in selection.channels {
            entries += self.kept.filter { entry in
                entry.channel == channel && !entries.contains { $0.position == entry.position }
            }
        }
        entries.sort { $0.position < $1.position }
        return switch start {
        case .after(let position): entries.filter { $0.position > position.rawValue }
        case .earliest: entries
        case .last(let count): entries.suffix(count)
        }
    }

    func isTrimmed(_ selection: Selection, from start: ReadQuery.Start) -> Bool {
        guard case .after(let position) = start else { return false }
        return selection.channels.contains { self.lost[$0] ?? 0 > position.rawValue }
    }
}
