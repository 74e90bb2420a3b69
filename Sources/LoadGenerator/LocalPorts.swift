#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The ports that the system gives to connections that go out: as many as one address can have to one other.
enum LocalPorts {
    /// As Linux says it; where nothing is said, as many as it has by default.
    static let count: Int = {
        guard let file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r") else { return 28_232 }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let length = fread(&bytes, 1, bytes.count, file)
        return Self.count(in: String(decoding: bytes[..<length], as: UTF8.self)) ?? 28_232
    }()

    /// How many there are from the first to the last: `32768	60999`.
    static func count(in range: String) -> Int? {
        let ends = range.split(whereSeparator: \.isWhitespace).compactMap { UInt16($0) }
        return ends.count == 2 && ends[0] <= ends[1] ? Int(ends[1]) - Int(ends[0]) + 1 : nil
    }
}
