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

    /// What is locked, and so how its file is opened.
    enum Purpose {
        /// A database, made if it is missing. A symbolic link to it is followed.
        case ledger
        /// What a copy is first written to, made if it is missing.
        case partial
        /// A file that is there and going to be replaced.
        case replaced
        /// A name that nothing has: an empty file is made there.
        case taken

        fileprivate var flags: CInt {
            switch self {
            case .ledger: O_CREAT
            case .partial: O_CREAT | O_NOFOLLOW
            case .replaced: O_NOFOLLOW
            case .taken: O_CREAT | O_EXCL
            }
        }
    }

    /// Locks a file.
    ///
    /// - Throws: ``LedgerError`` when it is in use, cannot be written, or is no file.
    init(_ path: String, _ purpose: Purpose) throws(LedgerError) {
        while true {
            let file = Self.open(path, purpose.flags)
            guard file >= 0 else { throw Self.refusal(path, purpose) }
            do throws(LedgerError) {
                let status = try Self.lock(file, path)
                if FileIdentity(status) == FileIdentity(of: path) {
                    self.isEmpty = status.st_size == 0
                    self.file = Mutex(file)
                    return
                }
            } catch {
                close(file)
                throw error
            }
            // Another file has come to the place meanwhile, as at the end of a restoration.
            close(file)
        }
    }

    private static func open(_ path: String, _ flags: CInt) -> CInt {
        // Without O_NONBLOCK the opening of a device might wait.
        let flags = O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags
        #if canImport(Glibc)
            return Glibc.open(path, flags, 0o644)
        #else
            return Darwin.open(path, flags, 0o644)
        #endif
    }

    /// Locks an open file, and tells what it is: the file itself is asked, since its name may be another's by now.
    private static func lock(_ file: CInt, _ path: String) throws(LedgerError) -> stat {
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            throw LedgerError(.inUse, "\(path) is in use by another Pollux; stop that one, or take another file")
        }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw SystemError.failure(path) }
        let kind = FileKind(status)
        guard kind == .regular else { throw Self.refusal(path, kind) }
        return status
    }

    private static func refusal(_ path: String, _ kind: FileKind) -> LedgerError {
        LedgerError(.wrongFile, "\(path) is \(kind.text), not a regular file; take another path")
    }

    /// Why a file could not be opened.
    private static func refusal(_ path: String, _ purpose: Purpose) -> LedgerError {
        if errno == EEXIST { return LedgerError(.targetExists, "\(path) is there already; choose another file") }
        let refusal = SystemError.refusal(path)
        let kind = FileKind(at: purpose == .ledger ? DatabaseFile(path: path).path : path)
        return kind == .nothing || kind == .regular ? refusal : Self.refusal(path, kind)
    }

    /// Takes out what is in the file.
    ///
    /// - Returns: Whether that could be done; otherwise `errno` says why.
    func empty() -> Bool { self.file.withLock { ftruncate($0, 0) == 0 } }

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
