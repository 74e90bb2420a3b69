import Channels
import Synchronization

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
    private let file: Mutex<CInt>
    /// Whether there was nothing in the file.
    let isEmpty: Bool

    /// Locks the file, which is made if it is missing.
    ///
    /// - Throws: ``LedgerError`` when it is in use, or cannot be written.
    init(_ path: String) throws {
        while true {
            let kind = FileKind(at: DatabaseFile(path: path).path)
            guard kind != .folder, kind != .special else {
                throw LedgerError.unavailable("\(path) is \(kind.text), not a regular file; take another path")
            }
            let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            guard file >= 0 else { throw LedgerError.unavailable(SystemError.refusal(to: "be written", path)) }
            guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
                close(file)
                throw LedgerError.unavailable(
                    "\(path) is in use by another Pollux; stop that one, or take another file")
            }
            var status = stat()
            if fstat(file, &status) == 0, FileIdentity(status) == FileIdentity(of: path) {
                self.isEmpty = status.st_size == 0
                self.file = Mutex(file)
                return
            }
            // Another file has come to the place meanwhile, as at the end of a restoration.
            close(file)
        }
    }

    func release() {
        self.file.withLock { file in
            if file >= 0 { close(file) }
            file = -1
        }
    }

    deinit {
        self.release()
    }
}
