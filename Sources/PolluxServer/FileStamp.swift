#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What tells that a file was replaced or written to.
struct FileStamp: Equatable {
    private let size: Int
    private let inode: UInt64
    private let seconds: Int
    private let nanoseconds: Int

    /// `nil` if there is no such file.
    init?(_ path: String) {
        var found = stat()
        guard stat(path, &found) == 0 else { return nil }
        self.size = Int(found.st_size)
        self.inode = UInt64(found.st_ino)
        self.seconds = found.st_mtim.tv_sec
        self.nanoseconds = found.st_mtim.tv_nsec
    }
}
