import Channels
import GRDB
import Logging
import Synchronization

/// Commits what the writer has done, moves the mark on, tells of it, and answers: in this order. Owner: the writing thread.
final class Committer: @unchecked Sendable {
    private var writer: Writer?
    private let logLength: LogLength
    private let file: DatabaseFile
    /// Which files they are that are written: the database, and its write-ahead log from the first commit on.
    private var identities: [String: FileIdentity] = [:]
    private let mark: Mark
    private let checkpointer: Checkpointer
    private let logger: Logger
    private let observer: any LedgerObserver
    private let toldThrough: Atomic<UInt64>
    private var isFailing = false
    /// Why nothing more is written: what does not pass, such as damage.
    private var end: LedgerError?
    private var isMarkWritten = true
    private var commits = 0
    private var events = 0

    init(
        _ writer: Writer, _ logLength: LogLength, file: DatabaseFile, mark: Mark, checkpointer: Checkpointer,
        logger: Logger, observer: any LedgerObserver
    ) {
        self.writer = writer
        self.logLength = logLength
        self.file = file
        self.identities[file.path] = FileIdentity(of: file.path)
        self.mark = mark
        self.checkpointer = checkpointer
        self.logger = logger
        self.observer = observer
        self.toldThrough = Atomic(writer.head.rawValue)
    }

    /// The newest position that was told of. May be called from any thread.
    var told: Position { Position(rawValue: self.toldThrough.load(ordering: .acquiring)) }

    /// Does all of it or nothing, and answers.
    ///
    /// - Parameter swept: Told of each sweep among the works, in its turn, how many more steps it may take.
    func commit(_ works: [Work], in database: Database, at now: Moment, swept: (Int) -> Void) {
        guard let writer = self.writer else { return Self.fail(works, .closed, swept) }
        if let end = self.end { return Self.fail(works, end, swept) }
        do {
            try self.requireFiles(database)
            let before = writer.head
            let effects = try writer.commit(works, at: now)
            if writer.head > before { self.advanceMark(to: writer.head) }
            self.setFailing(nil)
            self.commits += 1
            self.events += Int(writer.head.rawValue - before.rawValue)
            for effect in effects { self.tell(effect, swept) }
            self.keepLogShort(database)
        } catch {
            if (error as? DatabaseError)?.resultCode == .SQLITE_IOERR { writer.overwriteFailedCommit(at: now) }
            let error = self.file.ledgerError(error)
            if !error.passes { self.end = error }
            self.setFailing(error)
            Self.fail(works, error, swept)
        }
    }

    private static func fail(_ works: [Work], _ error: LedgerError, _ swept: (Int) -> Void) {
        for work in works {
            if work.isSweep { swept(0) }
            work.fail(error)
        }
    }

    /// Leaves one file, with everything on the disk.
    func close(_ database: Database) {
        guard let head = self.writer?.head else { return }
        self.writer = nil
        self.checkpointer.close()
        do {
            try database.checkpoint(.truncate)
            guard var content = self.mark.content else { return }
            (content.head, content.isSafe) = (head, true)
            try self.mark.write(content)
            self.logger.info(
                "ledger closed",
                metadata: ["file": "\(self.file.path)", "events": "\(self.events)", "commits": "\(self.commits)"])
        } catch {
            self.logger.warning(
                "the ledger was not closed as it should be; it goes on from its write-ahead log",
                metadata: ["error": "\(self.file.ledgerError(error))"])
        }
    }

    private func advanceMark(to head: Position) {
        let isWritten = self.mark.advance(to: head)
        if !isWritten, self.isMarkWritten {
            self.logger.warning(
                "the mark cannot be written; an older copy of the ledger may not be known as one",
                metadata: ["file": "\(self.file.path).mark"])
        }
        self.isMarkWritten = isWritten
    }

    private func tell(_ effect: Writer.Effect, _ swept: (Int) -> Void) {
        switch effect {
        case .published(let outcomes, let completion):
            completion(outcomes.map(self.tell))
        case .dropped(let channel, let position, let completion):
            self.observer.committed(.dropped(channel, through: position))
            completion(.success(()))
        case .done(let result, let completion):
            completion(result)
        case .swept(let stepsLeft):
            if stepsLeft == 0 { self.checkpointer.rest(self.logLength.pages) }
            swept(stepsLeft)
        }
    }

    private func tell(_ outcome: Writer.Outcome) -> Result<PublishOutcome, LedgerError> {
        switch outcome {
        case .appended(let events, let others, let receipt):
            self.observer.committed(.appended(events, others: others))
            self.toldThrough.store(receipt.last.rawValue, ordering: .releasing)
            return .success(.appended(receipt))
        case .answered(let result):
            return result
        }
    }

    /// SQLite goes on with files that were moved away, deleted or replaced, and what it writes is lost.
    private func requireFiles(_ database: Database) throws(LedgerError) {
        for (path, identity) in self.identities where FileIdentity(of: path) != identity {
            // Where only the log is gone, what is in it can still be saved.
            _ = try? database.checkpoint(.passive)
            throw LedgerError(
                .unavailable,
                "\(path) was moved, deleted or replaced while it was in use; put it back, or restart the server")
        }
        for suffix in ["-wal", "-shm"] {
            let path = self.file.path + suffix
            if self.identities[path] == nil { self.identities[path] = FileIdentity(of: path) }
        }
    }

    private func keepLogShort(_ database: Database) {
        if self.checkpointer.logHas(self.logLength.pages) { _ = try? database.checkpoint(.passive) }
    }

    private func setFailing(_ error: LedgerError?) {
        defer { self.isFailing = error != nil }
        if let error, !self.isFailing {
            self.logger.error(
                "the ledger cannot be written", metadata: ["kind": "\(error.kind)", "reason": "\(error)"])
        } else if error == nil, self.isFailing {
            self.logger.notice("the ledger can be written again", metadata: ["file": "\(self.file.path)"])
        }
    }
}
