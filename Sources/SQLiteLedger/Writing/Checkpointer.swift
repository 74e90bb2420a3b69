import Channels
import GRDB
import Synchronization

/// Moves what was committed from the write-ahead log into the database, beside the writer: a checkpoint waits for the disk,
/// and publishers should not.
///
/// Beside a writer that never rests it cannot come to the end of the log, which then grows on. From time to time the
/// writer finishes what is left, which is little, and the log begins anew.
final class Checkpointer: Sendable {
    private let queue: DatabaseQueue
    private let step: Int
    private let isRunning = Atomic<Bool>(false)
    /// How many pages the log had when the last checkpoint began.
    private let lastLength = Atomic<Int>(0)
    /// How many it had when it was last asked to rest.
    private let lengthAtRest = Atomic<Int>(0)

    /// - Parameter step: After how many pages in the log the next checkpoint is due.
    init(_ file: DatabaseFile, step: Int) throws(LedgerError) {
        self.queue = try file.openForCheckpoints()
        self.step = step
    }

    /// To be told how many pages the log has after each commit.
    ///
    /// - Returns: Whether the writer itself should finish a checkpoint now.
    func logHas(_ pages: Int) -> Bool {
        let last = self.lastLength.load(ordering: .relaxed)
        guard pages < last || pages - last >= self.step else { return false }
        guard !self.isRunning.load(ordering: .acquiring) else { return false }
        self.lastLength.store(pages < last ? 0 : pages, ordering: .relaxed)
        if pages >= 4 * self.step { return true }
        if pages >= self.step { self.begin() }
        return false
    }

    /// To be told about once a second how many pages the log has: when nothing came for that time, what is left in it is
    /// moved, and the file gets the size that it should have.
    func rest(_ pages: Int) {
        let isIdle = self.lengthAtRest.exchange(pages, ordering: .relaxed) == pages
        guard isIdle, pages > 0, pages != self.lastLength.load(ordering: .relaxed) else { return }
        guard !self.isRunning.load(ordering: .acquiring) else { return }
        self.lastLength.store(pages, ordering: .relaxed)
        self.begin()
    }

    private func begin() {
        self.isRunning.store(true, ordering: .releasing)
        self.queue.asyncWriteWithoutTransaction { database in
            // What it cannot do now, for want of space or because a reader is in the way, is tried again.
            if (try? database.checkpoint(.passive)) == nil { self.lastLength.store(0, ordering: .relaxed) }
            self.isRunning.store(false, ordering: .releasing)
        }
    }

    func close() {
        try? self.queue.close()
    }
}
