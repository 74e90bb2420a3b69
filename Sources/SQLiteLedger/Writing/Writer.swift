import Channels
import GRDB

/// Writes what is asked for, all that waits in one transaction. Owner: the thread of its connection.
final class Writer {
    /// What has become of a publication.
    enum Outcome {
        case appended([Event], others: [[Event]], Receipt)
        case answered(Result<PublishOutcome, LedgerError>)
    }

    /// What has become of a piece of work, to be told once the transaction is committed.
    enum Effect {
        case published([Outcome], @Sendable ([Result<PublishOutcome, LedgerError>]) -> Void)
        case dropped(ChannelName, through: Position, @Sendable (Result<Void, LedgerError>) -> Void)
        case done(Result<Void, LedgerError>, @Sendable (Result<Void, LedgerError>) -> Void)
        case swept(stepsLeft: Int)
    }

    private let transaction: Transaction
    private let channels: ChannelTable
    private let keys: KeyTable
    private let records: RecordTable
    private let trimmer: Trimmer
    private let insert: SQLStatement
    private let setHead: SQLStatement
    private let setProbed: SQLStatement
    private(set) var head: Position
    private var ages: Ages
    /// About how many bytes of rows the transaction under way has added.
    private var appendedBytes = 0

    init(
        _ database: Database, _ settings: LedgerSettings, maxSize: Int, head: Position, at now: Moment
    ) throws {
        self.transaction = try Transaction(database, "IMMEDIATE")
        self.head = head
        self.ages = Ages(at: now, head: head)
        self.channels = try ChannelTable(database, rules: settings.retention)
        self.keys = try KeyTable(
            database, window: settings.idempotencyWindow, limit: settings.idempotencyKeys)
        self.records = try RecordTable(database, limit: settings.records)
        self.trimmer = try Trimmer(database, channels: self.channels, maxSize: maxSize)
        self.insert = try SQLStatement(
            database,
            """
            INSERT INTO event (channel, position, time, number, offset, type, data, attributes)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """)
        self.setHead = try SQLStatement(database, "UPDATE ledger SET head = ?")
        self.setProbed = try SQLStatement(database, "UPDATE ledger SET probed = ?")
    }

    /// Does all of it, or, if it fails, nothing.
    func commit(_ works: [Work], at now: Moment) throws -> [Effect] {
        self.ages.advance(to: now, head: self.head)
        let (head, keyCount, recordCount) = (self.head, self.keys.count, self.records.count)
        var effects: [Effect] = []
        effects.reserveCapacity(works.count)
        do {
            try self.transaction.run {
                var grown: [KeptChannel] = []
                self.appendedBytes = 0
                for work in works { effects.append(try self.perform(work, at: now, &grown)) }
                if self.head > head { try self.setHead.run(self.head) }
                let appended = Int(self.head.rawValue - head.rawValue)
                try self.trim(grown, appended: appended)
                try self.trimmer.keepBound(
                    self.ages, head: self.head, events: appended, bytes: self.appendedBytes)
            }
        } catch {
            self.head = head
            self.channels.reset()
            self.keys.reset(to: keyCount)
            self.records.reset(to: recordCount)
            self.trimmer.reset()
            throw error
        }
        return effects
    }

    /// Writes over what a commit that failed may have left in the write-ahead log: written, but refused by the disk's sync,
    /// it would come back after a crash.
    func overwriteFailedCommit(at now: Moment) {
        try? self.transaction.run { try self.setProbed.run(now.milliseconds) }
    }

    private func perform(_ work: Work, at now: Moment, _ grown: inout [KeptChannel]) throws -> Effect {
        switch work {
        case .append(let publications, let completion):
            return .published(try publications.map { try self.append($0, at: now, &grown) }, completion)
        case .drop(let name, let completion):
            guard let channel = try self.channels.find(name) else {
                let forgotten = try self.channels.forgotten
                return forgotten > .zero
                    ? .dropped(name, through: forgotten, completion) : .done(.success(()), completion)
            }
            guard channel.last > .zero else { return .done(.success(()), completion) }
            // The rows go later, in small steps.
            try self.channels.setStart(channel.last, of: channel)
            return .dropped(name, through: channel.last, completion)
        case .write(let changes, let completion):
            let isDone = try self.records.apply(changes, at: now.milliseconds)
            return .done(isDone ? .success(()) : .failure(.tooManyRecords(limit: self.records.limit)), completion)
        case .probe(let completion):
            try self.setProbed.run(now.milliseconds)
            return .done(.success(()), completion)
        case .sweep(let moreSteps):
            try self.keys.expire(self.ages)
            try self.records.sweep(at: now.milliseconds)
            let isAtEnd = try self.trimmer.step(self.ages, head: self.head)
            if try self.trimmer.isPressed { return .swept(stepsLeft: max(1, moreSteps)) }
            return .swept(stepsLeft: isAtEnd ? 0 : moreSteps)
        }
    }

    private func append(
        _ publication: Publication, at now: Moment, _ grown: inout [KeptChannel]
    ) throws -> Outcome {
        let receipt = Receipt(
            first: self.head.advanced(by: 1), count: publication.drafts.count, time: now.milliseconds)
        if let key = publication.key {
            if let outcome = try self.keys.outcome(of: publication, key: key, self.ages, head: self.head) {
                return .answered(.success(outcome))
            }
            guard try self.keys.makeRoom(self.ages) else {
                return .answered(.failure(.tooManyKeys(limit: self.keys.limit)))
            }
        }
        guard try publication.records.isEmpty || (self.records.apply(publication.records, at: now.milliseconds)) else {
            return .answered(.failure(.tooManyRecords(limit: self.records.limit)))
        }
        if let key = publication.key { try self.keys.remember(key, of: publication, receipt: receipt) }
        let events = publication.events(receipt, instant: now.steadyMilliseconds, in: publication.channel)
        try self.insert(events, last: receipt.last, &grown)
        let others = try publication.others.map { channel in
            let events = publication.events(receipt, instant: now.steadyMilliseconds, in: channel)
            try self.insert(events, last: receipt.last, &grown)
            return events
        }
        self.head = receipt.last
        return .appended(events, others: others, receipt)
    }

    /// Adds events of one channel.
    private func insert(_ events: [Event], last: Position, _ grown: inout [KeptChannel]) throws {
        guard let name = events.first?.channel else { return }
        let channel = try self.channels.findOrMake(name)
        try channel.requireWithin(self.head)
        for event in events {
            try self.insert.run(
                channel.id, event.position, event.time, channel.next.number,
                channel.next.offset, event.type, event.data, event.attributes)
            channel.next = channel.next.adding(event)
            self.appendedBytes += event.size + 50
        }
        channel.last = last
        if channel.isOverfull { grown.append(channel) }
    }

    private func trim(_ grown: [KeptChannel], appended: Int) throws {
        var budget = 1_000 + 2 * appended
        for channel in grown where channel.isOverfull {
            try self.trimmer.trim(channel, self.ages, budget: &budget)
        }
    }
}
