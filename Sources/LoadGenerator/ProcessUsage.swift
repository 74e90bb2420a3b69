#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What processes have used so far, as Linux tells in `/proc`.
struct ProcessUsage: Sendable {
    /// User and kernel.
    var cpuSeconds = 0.0
    /// Memory in RAM; what several processes share is divided among them.
    var residentBytes = 0

    /// - Throws: `LoadError.noProcess`.
    init(of processes: [Int32]) throws(LoadError) {
        for process in processes {
            guard let time = Self.ticks(process), let memory = Self.memory(process) else { throw .noProcess(process) }
            self.cpuSeconds += Double(time) / Double(sysconf(CInt(_SC_CLK_TCK)))
            self.residentBytes += memory
        }
    }

    /// Fields 14 and 15 of `stat`, of which the second field may hold anything, in parentheses.
    private static func ticks(_ process: Int32) -> Int? {
        guard let text = Self.text("/proc/\(process)/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[end...].split(separator: " ")
        guard fields.count > 13, let user = Int(fields[12]), let system = Int(fields[13]) else { return nil }
        return user + system
    }

    private static func memory(_ process: Int32) -> Int? {
        if let rollup = Self.text("/proc/\(process)/smaps_rollup"), let size = Self.kilobytes("Pss:", rollup) {
            return size << 10
        }
        return Self.text("/proc/\(process)/status").flatMap { Self.kilobytes("VmRSS:", $0) }.map { $0 << 10 }
    }

    private static func kilobytes(_ name: String, _ text: String) -> Int? {
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    }

    private static func text(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 8_192)
        let count = fread(&bytes, 1, bytes.count, file)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    /// The CPU time of this process, in seconds.
    static var own: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
