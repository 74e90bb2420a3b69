/// What the readers of one loop have counted.
struct Tally: Sendable {
    /// Events that came for the first time.
    var delivered = 0
    var repeated = 0
    /// Of those delivered, how many came later than one with a greater number.
    var outOfOrder = 0
    /// How often the server told a reader that events are no longer kept.
    var gaps = 0
    /// Connections or streams that ended before they should.
    var closed = 0
    /// Answers to readers that were no success.
    var refused = 0
    /// When the last event came.
    var lastArrival: Nanoseconds = 0
    /// From sending to arriving, in nanoseconds.
    var latencies = Histogram()

    mutating func count(_ arrival: Arrivals.Arrival, sent: Nanoseconds, at now: Nanoseconds) {
        guard arrival != .repeated else {
            self.repeated += 1
            return
        }
        self.delivered += 1
        if arrival == .late { self.outOfOrder += 1 }
        self.lastArrival = now
        self.latencies.record(now > sent ? now - sent : 0)
    }

    mutating func merge(_ other: Tally) {
        self.delivered += other.delivered
        self.repeated += other.repeated
        self.outOfOrder += other.outOfOrder
        self.gaps += other.gaps
        self.closed += other.closed
        self.refused += other.refused
        self.lastArrival = max(self.lastArrival, other.lastArrival)
        self.latencies.merge(other.latencies)
    }
}
