import Channels

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A database that is written beside its place and moved there once it is whole. What is left of one that was not finished
/// is used again; two that are written at the same time are not mixed up.
final class PartialFile {
    let path: String
    private let lock: FileLock
    private var isMoved = false

    /// Makes the file, empty. Its folder must be there.
    ///
    /// - Parameter source: What is going to be copied: it must not be in the way.
    /// - Throws: ``LedgerError``.
    init(beside target: String, from source: LedgerFiles) throws(LedgerError) {
        self.path = target + ".partial"
        try source.requireTarget(self.path, replacing: true)
        self.lock = try FileLock(self.path, .partial)
        guard self.lock.empty() else { throw SystemError.failure(self.path) }
        self.removeCompanions()
    }

    /// Puts it in its place. A symbolic link that stands there is replaced, not followed.
    ///
    /// - Parameter lock: Of the file that it replaces. Without one nothing is replaced, also if it has only just come.
    func move(to target: String, replacing lock: FileLock?) throws(LedgerError) {
        // `rename` replaces whatever it finds; so a name that is free is taken first.
        let place = if let lock { lock } else { try FileLock(target, .taken) }
        defer { withExtendedLifetime(place) {} }
        guard rename(self.path, target) == 0 else {
            let reason = SystemError.text
            if lock == nil { unlink(target) }
            throw LedgerError(.unavailable, "\(self.path) cannot be moved to \(target): \(reason)")
        }
        self.isMoved = true
    }

    private func removeCompanions() {
        for suffix in ["-wal", "-shm", "-journal"] { unlink(self.path + suffix) }
    }

    deinit {
        guard !self.isMoved else { return }
        self.removeCompanions()
        unlink(self.path)
    }
}
