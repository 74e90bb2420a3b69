import GRDB

/// How much of its file a database uses. Owner: the writer.
struct Space {
    /// Free pages beyond this share of the file, and this number, are given back to the file system.
    private static let freeShare = 4
    private static let freePages = 1_000
    /// How many pages are given back at once.
    private static let step = 64

    private let maxPages: Int64
    private let pageCount: SQLStatement
    private let freeCount: SQLStatement
    private let vacuum: SQLStatement

    init(_ database: Database, maxSize: Int) throws {
        let pageSize = try Int64.fetchOne(database, sql: "PRAGMA page_size") ?? 4_096
        self.maxPages = Int64(maxSize) / max(1, pageSize)
        self.pageCount = try SQLStatement(database, "PRAGMA page_count")
        self.freeCount = try SQLStatement(database, "PRAGMA freelist_count")
        self.vacuum = try SQLStatement(database, "PRAGMA incremental_vacuum(\(Self.step))")
    }

    /// Whether more pages are in use than there may be.
    var isExceeded: Bool { get throws { try self.pages - self.free > self.maxPages } }

    /// Gives some of the free pages back, if there are many.
    func giveBack() throws {
        let (pages, free) = (try self.pages, try self.free)
        let isTooLarge = pages > self.maxPages && free > 0
        guard isTooLarge || free > max(Int64(Self.freePages), pages / Int64(Self.freeShare)) else { return }
        try self.vacuum.run()
    }

    private var pages: Int64 { get throws { try self.pageCount.first { $0.integer(0) } ?? 0 } }
    private var free: Int64 { get throws { try self.freeCount.first { $0.integer(0) } ?? 0 } }
}
