import DequeModule

/// The logs of all channels that have, or lately had, readers.
struct LogTable {
    /// How much of the channels is held in memory for their readers.
    struct Limits: Sendable {
        var perChannel: Retention
        var totalBytes: Int
    }

    private let limits: Limits
    private var logs: [ChannelName: ChannelLog] = [:]
    private var size = 0
    /// Logs with events, those that got their first the longest ago in front.
    private var filled: Deque<ChannelLog> = []
    private var isFilled: Set<ObjectIdentifier> = []

    init(limits: Limits) {
        self.limits = limits
    }

    var all: [ChannelLog] { Array(self.logs.values) }

    /// The log of a channel; a new one begins after `head` and holds no more than `retention` allows.
    mutating func log(of channel: ChannelName, head: Position, retention: Retention) -> ChannelLog {
        if let log = self.logs[channel] { return log }
        let tail = Retention(
            events: min(retention.events, self.limits.perChannel.events), age: retention.age,
            bytes: min(retention.bytes, self.limits.perChannel.bytes))
        let log = ChannelLog(name: channel, start: head, retention: tail)
        self.logs[channel] = log
        return log
    }

    /// Adds events of one channel to its log, if it has one; returns that log, whose loops are still to be told.
    mutating func append(_ events: [Event]) -> ChannelLog? {
        guard let channel = events.first?.channel, let log = self.logs[channel] else { return nil }
        self.size += log.append(events)
        if self.isFilled.insert(ObjectIdentifier(log)).inserted { self.filled.append(log) }
        while self.size > self.limits.totalBytes, let oldest = self.filled.popFirst() {
            self.isFilled.remove(ObjectIdentifier(oldest))
            self.size -= oldest.clear(through: events[events.count - 1].position)
        }
        return log
    }

    /// Lets go of all logs, and they of all events: who still has one must go to the ledger. Returns them.
    mutating func removeAll() -> [ChannelLog] {
        let logs = self.all
        for log in logs { _ = log.clear(through: .maximum) }
        self = LogTable(limits: self.limits)
        return logs
    }

    mutating func clear(_ channel: ChannelName, through position: Position) {
        guard let log = self.logs[channel] else { return }
        self.size -= log.clear(through: position)
    }

    /// Lets go of events that are too old, and of logs that nobody has watched since before `idle`: by the steady clock.
    mutating func sweep(_ log: ChannelLog, at now: Int64, idle: Int64) {
        guard self.logs[log.name] === log else { return }
        self.size -= log.expire(at: now)
        guard log.isIdle(since: idle) else { return }
        self.size -= log.clear(through: .maximum)
        self.logs[log.name] = nil
        if self.isFilled.remove(ObjectIdentifier(log)) != nil { self.filled.removeAll { $0 === log } }
    }
}
