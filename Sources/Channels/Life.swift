import Synchronization

/// A life of the ledger as this server knows it: its lineage, how far it has come, and the logs of the channels in use.
///
/// An event loop holds the life that its readers are in, and looks whether it is over between two turns. So all that it reads in
/// one turn, and the ids that it makes of that, are of one life.
public final class Life: Sendable {
    public let lineage: Lineage
    private let retention: RetentionRules
    private let newest: Atomic<UInt64>
    private let logs: Mutex<LogTable>
    private let hasEnded = Atomic<Bool>(false)

    init(_ state: LedgerState, _ retention: RetentionRules, _ limits: LogTable.Limits) {
        self.lineage = Lineage(state.epoch, past: state.past)
        self.retention = retention
        self.newest = Atomic(state.head.rawValue)
        self.logs = Mutex(LogTable(limits: limits))
    }

    /// The position of the newest event. All events up to it are in the logs.
    public var head: Position { Position(rawValue: self.newest.load(ordering: .acquiring)) }

    public var epoch: Epoch { self.lineage.epoch }

    /// The cursor of a reader that has everything up to a position.
    public func id(_ position: Position) -> EventID { self.lineage.id(ofPlace: position) }

    /// Whether the ledger has begun another life. The head then stays where it is, and the logs hold nothing any more.
    public var isOver: Bool { self.hasEnded.load(ordering: .acquiring) }

    /// The logs of some channels, which from now on wake a loop when they grow, until they are detached; `nil` when the life is
    /// over. The loops of all logs are woken at its end.
    public func attach(_ wakeup: Wakeup, to channels: [ChannelName]) -> [ChannelLog]? {
        self.logs.withLock { logs in
            guard !self.isOver else { return nil }
            return channels.map { channel in
                let log = logs.log(of: channel, head: self.head, retention: self.retention.retention(of: channel))
                log.attach(wakeup)
                return log
            }
        }
    }

    /// Takes a change. Returns the loops that must be woken for it.
    func take(_ commit: Commit) -> [Wakeup] {
        self.logs.withLock { logs in
            switch commit {
            case .appended(let events, let others):
                let log = logs.append(events)
                let otherLogs = others.compactMap { logs.append($0) }
                if let last = events.last { self.newest.store(last.position.rawValue, ordering: .releasing) }
                // Marked only now: a loop that is awake takes the mark at once, and nobody wakes it for the head.
                var wakeups = log?.mark() ?? []
                for log in otherLogs { wakeups += log.mark() }
                return wakeups
            case .dropped(let channel, let position):
                logs.clear(channel, through: position)
                return []
            }
        }
    }

    /// Returns the loops that must be woken for it.
    func end() -> [Wakeup] {
        self.logs.withLock { logs in
            self.hasEnded.store(true, ordering: .releasing)
            // Marked only now, as for a change.
            return logs.removeAll().flatMap { $0.mark() }
        }
    }

    /// Lets go of events that are too old, and of logs that nobody has watched since before `idle`: by the steady clock.
    func sweep(at now: Int64, idle: Int64) {
        for log in self.logs.withLock({ $0.all }) {
            self.logs.withLock { $0.sweep(log, at: now, idle: idle) }
        }
    }
}
