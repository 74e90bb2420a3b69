#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A moment or a span, in nanoseconds; moments count from one that is fixed while the machine runs.
typealias Nanoseconds = UInt64

extension Nanoseconds {
    static let second: Nanoseconds = 1_000_000_000

    /// Now, by the monotonic clock.
    static var now: Nanoseconds {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Nanoseconds(time.tv_sec) * Self.second + Nanoseconds(time.tv_nsec)
    }

    /// As seconds.
    var seconds: Double { Double(self) / Double(Self.second) }
}
