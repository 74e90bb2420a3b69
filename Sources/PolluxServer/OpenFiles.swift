#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The operating system's limit of open files, and so of connections.
public enum OpenFiles {
    /// Raises the limit as far as the process may; returns what it is then.
    public static func raiseLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        let hard = limit.rlim_max
        limit.rlim_cur = hard
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        return Int(clamping: hard)
    }

    /// How many connections fit: some descriptors are left for the listener, the loops and files.
    public static func connections(within openFiles: Int) -> Int { max(16, openFiles - 256) }
}
