/// A bucket of tokens that fills by a rate, as the generic cell rate algorithm has it (ITU-T I.371, annex A): one number
/// for each who has one, its theoretical arrival time (TAT), which is when its bucket will be full again. A TAT that has
/// passed is a full bucket, and so need not be kept.
///
/// Times are in nanoseconds of whatever clock the caller goes by.
public struct TokenBucket: Hashable, Sendable {
    public let rate: Rate
    /// How many tokens a full bucket has; at least 1.
    public let burst: Int

    /// The largest burst that may be configured beside a rate.
    public static let maximumBurst = 1_000_000

    /// That of wrong credentials from one address, if nothing else is said.
    public static let failures = TokenBucket(.failures, burst: 30)

    public init(_ rate: Rate, burst: Int) {
        self.rate = rate
        self.burst = max(burst, 1)
    }

    public enum Taking: Equatable, Sendable {
        /// The tokens are taken; the bucket's TAT is now this.
        case taken(UInt64)
        /// There is none; in so many nanoseconds there is one again. The bucket stays as it is.
        case empty(wait: UInt64)
    }

    /// Takes tokens, if there is at least one. More than there are make the bucket owe: what is larger than a full bucket
    /// passes too, and then nothing for long.
    ///
    /// - Parameter arrival: The bucket's TAT; 0 for one that was never used.
    public func take(_ count: Int = 1, arrival: UInt64, at now: UInt64) -> Taking {
        let wait = self.wait(arrival: arrival, at: now)
        guard wait == 0 else { return .empty(wait: wait) }
        let (sum, overflows) = max(arrival, now).addingReportingOverflow(self.time(of: count))
        return .taken(overflows ? .max : sum)
    }

    /// In how many nanoseconds there is a token; 0 if there is one.
    public func wait(arrival: UInt64, at now: UInt64) -> UInt64 {
        let tolerance = self.time(of: self.burst - 1)
        guard arrival > tolerance, arrival - tolerance > now else { return 0 }
        return arrival - tolerance - now
    }

    /// In which time so many tokens come. Not the time of one by their number: that would be far off where many come in a
    /// nanosecond's time.
    private func time(of count: Int) -> UInt64 {
        let period = UInt64(self.rate.period.length) * 1_000_000_000
        let (high, low) = UInt64(max(count, 0)).multipliedFullWidth(by: period)
        let divisor = UInt64(self.rate.count)
        return high < divisor ? divisor.dividingFullWidth((high, low)).quotient : .max
    }
}
