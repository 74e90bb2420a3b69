#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The run of the operating system.
enum Boot {
    static let unknown = "unknown"

    /// A name that is different after each start of the machine.
    static let name: String = {
        #if os(Linux)
            var bytes = [UInt8](repeating: 0, count: 64)
            let file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { return Self.unknown }
            defer { close(file) }
            let count = read(file, &bytes, bytes.count)
            let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        #else
            var bytes = [CChar](repeating: 0, count: 64)
            var size = bytes.count
            guard sysctlbyname("kern.bootsessionuuid", &bytes, &size, nil, 0) == 0 else { return Self.unknown }
            let text = String(cString: bytes)
        #endif
        return text.filter { !$0.isWhitespace && $0 != "\0" }
    }()
}
