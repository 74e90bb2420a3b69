#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The time of day, as events carry it, and a count of milliseconds beside it by which ages are measured: the time of day
/// may be put forward and back.
public struct WallClock: Sendable {
    /// Milliseconds since 1970.
    public let milliseconds: @Sendable () -> Int64
    /// Milliseconds since some moment, which go on evenly, also while the machine sleeps.
    public let steadyMilliseconds: @Sendable () -> Int64

    public init(
        milliseconds: @escaping @Sendable () -> Int64, steadyMilliseconds: @escaping @Sendable () -> Int64
    ) {
        self.milliseconds = milliseconds
        self.steadyMilliseconds = steadyMilliseconds
    }

    /// Now, by both.
    public func now() -> Moment {
        Moment(milliseconds: self.milliseconds(), steadyMilliseconds: self.steadyMilliseconds())
    }

    /// The system's clocks.
    public static let system = WallClock(
        milliseconds: { max(0, Self.read(CLOCK_REALTIME)) }, steadyMilliseconds: { Self.read(Self.steadyClock) })

    #if os(Linux)
        private static let steadyClock = CLOCK_BOOTTIME
    #else
        private static let steadyClock = CLOCK_MONOTONIC
    #endif

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// A moment by both clocks of a ``WallClock``.
public struct Moment: Equatable, Sendable {
    /// Since 1970.
    public let milliseconds: Int64
    /// Since some other moment: only differences mean something.
    public let steadyMilliseconds: Int64

    public init(milliseconds: Int64, steadyMilliseconds: Int64) {
        self.milliseconds = milliseconds
        self.steadyMilliseconds = steadyMilliseconds
    }
}
