#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Which file a path leads to, whatever its name.
struct FileIdentity: Equatable {
    private let device: UInt64
    private let inode: UInt64

    /// `nil` if there is none.
    init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    init(_ status: stat) {
        self.device = UInt64(status.st_dev)
        self.inode = UInt64(status.st_ino)
    }
}
