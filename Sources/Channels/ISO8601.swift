#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Dates by ISO 8601 in UTC with milliseconds, as JavaScript's `Date` writes and reads them.
public enum ISO8601 {
    /// From 1970 to the end of the year 9999, as far as four digits reach.
    private static let range: ClosedRange<Int64> = 0...253_402_300_799_999

    /// - Parameter milliseconds: Since 1970; what is out of range is told as the nearest that is not.
    public static func text(_ milliseconds: Int64) -> String {
        let milliseconds = min(max(milliseconds, Self.range.lowerBound), Self.range.upperBound)
        var seconds = time_t(milliseconds / 1_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = [(parts.tm_year + 1900, 4), (parts.tm_mon + 1, 2), (parts.tm_mday, 2)].map(Self.padded)
        let clock = [(parts.tm_hour, 2), (parts.tm_min, 2), (parts.tm_sec, 2)].map(Self.padded)
        let fraction = Self.padded(CInt(milliseconds % 1_000), 3)
        return "\(date.joined(separator: "-"))T\(clock.joined(separator: ":")).\(fraction)Z"
    }

    private static func padded(_ number: CInt, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
