import GRDB
import Synchronization

/// Moves what was committed from the write-ahead log into the database, beside the writer: a checkpoint waits for the disk,
/// and publishers should not.
final class Checkpointer: Sendable {
    /// After how many pages in the log a checkpoint is begun: 16 MiB.
    private static let pages = 4_000
    /// After how many the writer itself finishes one, so that the log begins anew and does not grow for ever: 64 MiB.
    static let morePages = 16_000

    private let queue: DatabaseQueue
    private let isRunning = Atomic<Bool>(false)

    init(_ file: DatabaseFile) throws {
        self.queue = try file.openForCheckpoints()
    }

    /// To be told how many pages the log has after each commit.
    func logHas(_ pages: Int) {
        guard pages >= Self.pages else { return }
        guard !self.isRunning.exchange(true, ordering: .acquiringAndReleasing) else { return }
        self.queue.asyncWriteWithoutTransaction { database in
            // What it cannot do now, for want of space or because a reader is in the way, the next one does.
            _ = try? database.checkpoint(.passive)
            self.isRunning.store(false, ordering: .releasing)
        }
    }

    var isAtWork: Bool { self.isRunning.load(ordering: .acquiring) }

    func close() {
        try? self.queue.close()
    }
}
