import Glibc

/// A folder whose files may be seen by all, and nothing else.
///
/// Links are followed, to anything inside the folder. Whoever may write into the folder is trusted with that much: that
/// a link is not exchanged between its being looked at and being opened.
struct Folder: Sendable {
    /// The folder's real path, and a `/`.
    private let prefix: String

    /// What there is at a path.
    enum Entry {
        case file(OpenFile)
        case folder
        /// Nothing, or nothing that is anybody's business.
        case missing
        /// The system cannot tell at the moment.
        case unavailable

        /// - Parameter error: What opening a file failed with.
        init(error: CInt) {
            switch error {
            case EMFILE, ENFILE, ENOMEM, EIO, EINTR: self = .unavailable
            default: self = .missing
            }
        }
    }

    /// - Returns: `nil` if there is no such folder.
    init?(at path: String) {
        guard let real = Self.realPath(path) else { return nil }
        var status = stat()
        guard stat(real, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
        self.prefix = real == "/" ? real : real + "/"
    }

    /// Looks what there is, and opens it if it is a file; blocks, but not on what others do.
    ///
    /// - Parameter path: Below the folder, from a ``FilePath``.
    func entry(at path: String) -> Entry {
        guard let real = Self.realPath(self.prefix + path) else { return Entry(error: errno) }
        guard (real + "/").utf8.starts(with: self.prefix.utf8) else { return .missing }
        // O_NONBLOCK: a FIFO is opened at once, and then refused for what it is.
        let descriptor = open(real, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { return Entry(error: errno) }
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
            return .file(OpenFile(descriptor: descriptor, status))
        }
        close(descriptor)
        return status.st_mode & S_IFMT == S_IFDIR ? .folder : .missing
    }

    /// Without links; `nil`, and `errno`, if there is nothing.
    private static func realPath(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }
}
