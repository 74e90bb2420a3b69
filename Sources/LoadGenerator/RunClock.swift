/// What all stamps of one run have in common.
struct RunClock: Sendable {
    /// Tells this run's events from those of others.
    let id: UInt16
    private let start: Nanoseconds

    init() {
        self.id = .random(in: 0 ... .max)
        self.start = .now
    }

    /// Nanoseconds since the run began.
    var now: Nanoseconds { .now - self.start }
}
