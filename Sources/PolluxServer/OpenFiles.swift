import HTTPServing

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

    /// So many must be allowed for any command to work.
    public static let least = 96

    /// Says that there are fewer.
    public static func tooFew(_ openFiles: Int) -> String {
        "the process may have only \(openFiles) open files, but needs at least \(self.least); raise the limit (ulimit -n, LimitNOFILE=)"
    }

    /// Descriptors that are left for the ledger, listeners, loops, and files that are sent.
    private static let reserve = 128

    /// How many connections fit, besides those that are only refused.
    public static func connections(within openFiles: Int) -> Int {
        max(16, openFiles - self.reserve - HTTPServer.refusableConnections)
    }
}
