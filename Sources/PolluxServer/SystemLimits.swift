import Channels
import Files
import HTTPServing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the operating system gives the process. A configuration that asks for more is refused at the start, where somebody
/// looks, and not when it is used up.
public struct SystemLimits: Sendable {
    /// Files that may be open, connections among them.
    public var openFiles: Int
    /// Threads that may run.
    public var threads: Int
    /// Memory in bytes: the machine's, or less where the process may have less.
    public var memory: Int

    public init(openFiles: Int = .max, threads: Int = .max, memory: Int = .max) {
        self.openFiles = openFiles
        self.threads = threads
        self.memory = memory
    }

    /// Those of this process. Raises the number of open files as far as it may.
    public static func current() -> SystemLimits {
        SystemLimits(
            openFiles: OpenFiles.raiseLimit(),
            threads: min(self.limit(__RLIMIT_NPROC), self.number(in: "/sys/fs/cgroup/pids.max")),
            memory: min(
                self.physicalMemory, self.limit(RLIMIT_AS), self.number(in: "/sys/fs/cgroup/memory.max"),
                self.number(in: "/sys/fs/cgroup/memory/memory.limit_in_bytes")))
    }

    /// What of a configuration cannot be given, and what would do; empty if all can.
    public func problems(of configuration: ServerConfiguration) -> [String] {
        self.connectionProblems(configuration) + self.threadProblems(configuration) + self.memoryProblems(configuration)
    }

    /// Threads besides the loops: of the ledger, of files, of the runtime.
    private static let otherThreads = 16

    private func connectionProblems(_ configuration: ServerConfiguration) -> [String] {
        guard self.openFiles >= OpenFiles.least else { return [OpenFiles.tooFew(self.openFiles)] }
        let most = OpenFiles.connections(within: self.openFiles)
        guard let connections = configuration.connections, connections > most else { return [] }
        return [
            "limits.connections is \(connections), but the process may have only \(self.openFiles) open files, enough for "
                + "\(most) connections; lower it, or raise the limit of open files (ulimit -n, LimitNOFILE=)"
        ]
    }

    private func threadProblems(_ configuration: ServerConfiguration) -> [String] {
        let most = max(1, self.threads - Self.otherThreads)
        guard let loops = configuration.loops, loops > most else { return [] }
        return ["loops is \(loops), but the process may have only \(self.threads) threads; lower it to \(most) or less"]
    }

    private func memoryProblems(_ configuration: ServerConfiguration) -> [String] {
        var asked = [(key: "log.totalBytes", bytes: configuration.bridge.totalLogBytes)]
        if configuration.ledger == .memory { asked.append(("memory.totalBytes", configuration.memoryBytes)) }
        let available = Units.bytes.write(self.memory / (1 << 20) * (1 << 20))
        return asked.filter { $0.bytes > self.memory }.map {
            "\($0.key) is \(Units.bytes.write($0.bytes)), but there are only \(available) of memory; lower it"
        }
    }
}

extension SystemLimits {
    private static var physicalMemory: Int {
        let (pages, size) = (sysconf(CInt(_SC_PHYS_PAGES)), sysconf(CInt(_SC_PAGESIZE)))
        return pages > 0 && size > 0 ? pages.multipliedReportingOverflow(by: size).partialValue : .max
    }

    private static func limit(_ resource: __rlimit_resource) -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else { return .max }
        return Int(clamping: limit.rlim_cur)
    }

    /// The number in a file of the system's; as much as there is where there is no such file, or it says `max`.
    private static func number(in path: String) -> Int {
        guard let bytes = try? SmallFile.bytes(of: path, most: 64) else { return .max }
        return Int(String(decoding: bytes, as: UTF8.self).trimmed.prefix { $0.isNumber }) ?? .max
    }
}
