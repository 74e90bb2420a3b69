#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What stands at a path. A symbolic link is told as one, and not followed.
enum FileKind: Equatable {
    case nothing
    case regular
    case link
    case folder
    /// A device, a FIFO or a socket: opening one may wait for ever, and writing to one does something else than keep.
    case special

    init(at path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            self = .nothing
            return
        }
        self.init(status)
    }

    init(_ status: stat) {
        self =
            switch status.st_mode & mode_t(S_IFMT) {
            case mode_t(S_IFREG): .regular
            case mode_t(S_IFLNK): .link
            case mode_t(S_IFDIR): .folder
            default: .special
            }
    }

    /// In words, behind "is".
    var text: String {
        switch self {
        case .nothing: "not there"
        case .regular: "a file"
        case .link: "a symbolic link"
        case .folder: "a folder"
        case .special: "a device, a FIFO or a socket"
        }
    }
}
