import Channels
import GRDB

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension DatabaseFile {
    /// Does something with the file; what SQLite finds wrong becomes an error of the ledger.
    func explained<Result>(_ body: () throws -> Result) throws(LedgerError) -> Result {
        do { return try body() } catch { throw self.ledgerError(error) }
    }

    /// What an error of SQLite means for who runs the server.
    func ledgerError(_ error: any Error) -> LedgerError {
        if let error = error as? LedgerError { return error }
        guard let error = error as? DatabaseError else { return LedgerError(.unavailable, "\(self.path): \(error)") }
        let (kind, reason) = Self.meaning(of: error.resultCode)
        return LedgerError(
            kind, "\(self.path): \(reason)",
            cause: "\(error.message ?? "no message"), SQLite \(error.extendedResultCode.rawValue)")
    }

    private static func meaning(of code: ResultCode) -> (LedgerError.Kind, String) {
        switch code {
        case .SQLITE_FULL: (.full, "there is no space left on its disk; make room, and it goes on by itself")
        case .SQLITE_READONLY:
            (
                .unavailable,
                "it cannot be written; check its permissions and its folder's, and how it is mounted"
            )
        case .SQLITE_BUSY, .SQLITE_LOCKED: (.busy, "another process holds its lock; end that one's transaction")
        case .SQLITE_CANTOPEN where Self.mayOpenNoFile:
            (.exhausted, "too many files are open; raise the limit (ulimit -n)")
        case .SQLITE_CANTOPEN:
            (.unavailable, "it cannot be opened; check that its folder is there and may be written")
        case .SQLITE_NOTADB: (.wrongFile, "it is not an SQLite database; choose another file, or restore a backup")
        case .SQLITE_CORRUPT: (.damaged, "it is damaged")
        case .SQLITE_IOERR: (.unavailable, "its disk fails to read or write")
        default: (.unavailable, "SQLite refuses")
        }
    }

    /// Whether the process, or the system, has as many files open as it may: SQLite does not say why it could not open one.
    private static var mayOpenNoFile: Bool {
        let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
        guard file < 0 else {
            close(file)
            return false
        }
        return errno == EMFILE || errno == ENFILE
    }
}
