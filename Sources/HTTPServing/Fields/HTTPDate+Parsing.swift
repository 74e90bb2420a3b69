#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension HTTPDate {
    /// Seconds since 1970, of any of the three forms that a recipient must understand; `nil` if it is none.
    ///
    ///     Sun, 06 Nov 1994 08:49:37 GMT
    ///     Sunday, 06-Nov-94 08:49:37 GMT
    ///     Sun Nov  6 08:49:37 1994
    static func second(_ text: String) -> time_t? {
        let words = text.split { " ,-:".contains($0) }
        switch words.count {
        case 8 where words[7] == "GMT": return Self.second(words[3], words[2], words[1], clock: Array(words[4...6]))
        case 7: return Self.second(words[6], words[1], words[2], clock: Array(words[3...5]))
        default: return nil
        }
    }

    private static func second(_ year: Substring, _ month: Substring, _ day: Substring, clock: [Substring]) -> time_t? {
        guard let year = Self.number(year, in: 0...9999), let month = Self.months.firstIndex(of: String(month)),
            let day = Self.number(day, in: 1...31), let hour = Self.number(clock[0], in: 0...23),
            let minute = Self.number(clock[1], in: 0...59), let second = Self.number(clock[2], in: 0...60)
        else { return nil }
        var parts = tm()
        parts.tm_year = Self.fullYear(year) - 1900
        parts.tm_mon = CInt(month)
        parts.tm_mday = day
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (hour, minute, second)
        return timegm(&parts)
    }

    /// A year of two digits is taken as POSIX does: 69 is 1969, 68 is 2068.
    private static func fullYear(_ year: CInt) -> CInt { year >= 100 ? year : year >= 69 ? 1900 + year : 2000 + year }

    private static func number(_ text: Substring, in range: ClosedRange<CInt>) -> CInt? {
        CInt(text).flatMap { range.contains($0) ? $0 : nil }
    }
}
