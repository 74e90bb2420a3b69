import Channels

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The files of one ledger: which they are, and whether each is what it must be.
struct LedgerFiles {
    /// What is added to the database's name: by SQLite, and for the mark.
    private static let suffixes = ["", "-wal", "-shm", "-journal", ".mark"]
    /// What a restoration writes.
    private static let partialSuffix = ".partial"

    private let path: String

    /// - Parameter path: The database's, without symbolic links.
    init(_ path: String) {
        self.path = path
    }

    private var names: [String] { Self.suffixes.map { self.path + $0 } }

    /// Requires that each file is a regular one, or not there. SQLite would follow a link, wait for a FIFO, or write to a
    /// device.
    ///
    /// - Throws: ``LedgerError``, naming the file.
    func requireRegular() throws(LedgerError) {
        for name in self.names {
            let kind = FileKind(at: name)
            guard kind != .regular, kind != .nothing else { continue }
            throw LedgerError(
                .wrongFile, "\(name) is \(kind.text), not a regular file; take it away, or take another path")
        }
    }

    /// Whether a path leads to one of the files, by whatever name: hard links and other ways to write the folder too. Also
    /// one that is not there yet.
    func owns(_ other: String) -> Bool {
        let names = self.names + [self.path + Self.partialSuffix]
        if names.contains(Self.withoutLinks(other)) { return true }
        guard let identity = FileIdentity(of: other) else { return false }
        return names.contains { FileIdentity(of: $0) == identity }
    }

    /// Requires that a file may be written, or replaced, without harm to the ledger and to what is no file.
    ///
    /// - Parameter replaces: Whether a file that is there may be replaced.
    /// - Throws: ``LedgerError``, saying what would do.
    func requireTarget(_ target: String, replacing replaces: Bool) throws(LedgerError) {
        let kind = FileKind(at: target)
        guard kind == .regular || kind == .nothing else {
            throw LedgerError(.wrongFile, "\(target) is \(kind.text), not a regular file; choose another file")
        }
        guard !self.owns(target), !Self.withoutLinks(target).hasPrefix(self.path + ".replaced") else {
            throw LedgerError(.wrongFile, "\(target) belongs to the ledger \(self.path) itself; choose another file")
        }
        guard replaces || kind == .nothing else {
            throw LedgerError(.targetExists, "\(target) is there already; choose another file")
        }
    }

    /// Requires that a copy can be put in the place of the database: SQLite would read into it what an earlier one has left
    /// in a log or journal, and a mark would vouch for it.
    ///
    /// - Throws: ``LedgerError``, naming what is left.
    func requireNoneBeside() throws(LedgerError) {
        for name in self.names.dropFirst() where FileKind(at: name) != .nothing {
            throw LedgerError(
                .wrongFile,
                "\(name) is left of a ledger that was served as \(self.path); choose another file, or take away that"
                    + " ledger and what lies beside it")
        }
    }

    /// The same path with the folder's real name. The folder must be there.
    private static func withoutLinks(_ path: String) -> String {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
        guard let resolved = realpath(folder, nil) else { return path }
        defer { free(resolved) }
        let real = String(cString: resolved)
        return real == "/" ? "/\(name)" : "\(real)/\(name)"
    }
}
