import GRDB

/// How much of its file a database uses. Owner: the writer.
struct Space {
    /// Free pages beyond this share of the file, and this number, are given back to the file system.
    private static let freeShare: Int64 = 4
    private static let freePages: Int64 = 1_000
    /// How many pages are given back at once.
    private static let step = 64

    private let maxPages: Int64
    private let pageCount: SQLStatement
    private let freeCount: SQLStatement
    private let vacuum: SQLStatement

    init(_ database: Database, maxSize: Int) throws {
        let pageSize = try Int64.fetchOne(database, sql: "PRAGMA page_size") ?? 4_096
        self.maxPages = Int64(maxSize) / max(1, pageSize)
        self.lookStep = min(4 << 20, maxSize / 30)
        self.pageCount = try SQLStatement(database, "PRAGMA page_count")
        self.freeCount = try SQLStatement(database, "PRAGMA freelist_count")
        self.vacuum = try SQLStatement(database, "PRAGMA incremental_vacuum(\(Self.step))")
    }

    /// After how many bytes of events it should be looked at again: a thirtieth of the bound.
    let lookStep: Int

    /// Whether more pages are in use than there may be.
    var isExceeded: Bool { get throws { try self.pages - self.free > self.maxPages } }

    /// Whether the file holds more free pages than it needs.
    var isSpacious: Bool {
        get throws {
            let (pages, free) = (try self.pages, try self.free)
            return free > 0 && pages > self.maxPages || free > max(Self.freePages, pages / Self.freeShare)
        }
    }

    /// Gives some of the free pages back.
    func giveBack() throws {
        try self.vacuum.run()
    }

    private var pages: Int64 { get throws { try self.pageCount.first { $0.integer(0) } ?? 0 } }
    private var free: Int64 { get throws { try self.freeCount.first { $0.integer(0) } ?? 0 } }
}
