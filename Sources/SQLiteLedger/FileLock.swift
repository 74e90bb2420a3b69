import Channels

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The lock of a database's file, so that no two servers use one, by whatever names they call it.
///
/// To be held longer than any connection to it: when a process closes a descriptor of a file, it loses the locks that
/// SQLite has on it.
final class FileLock: Sendable {
    private let file: CInt
    /// Whether there was nothing in the file.
    let isEmpty: Bool

    /// Locks the file, which is made if it is missing.
    ///
    /// - Throws: ``LedgerError`` when it is in use, or cannot be written.
    init(_ path: String) throws {
        self.file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard self.file >= 0 else { throw LedgerError.unavailable(SystemError.refusal(to: "be written", path)) }
        guard flock(self.file, LOCK_EX | LOCK_NB) == 0 else {
            Glibc.close(self.file)
            throw LedgerError.unavailable("\(path) is in use by another Pollux; stop that one, or take another file")
        }
        var status = stat()
        self.isEmpty = fstat(self.file, &status) == 0 && status.st_size == 0
    }

    deinit {
        Glibc.close(self.file)
    }
}
