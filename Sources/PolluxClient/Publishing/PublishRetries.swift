/// When an event that could not be published is sent again: knows no socket and no time.
///
/// - What may have been published is only sent again with an idempotency key.
/// - A server that was never reached is not waited for: it is more likely to be another URL than to come.
/// - One event is tried five times at most, and none for a server that asks for more than a minute's patience.
struct PublishRetries {
    private static let mostAttempts = 5
    private static let patience = 60

    private var backoff: Backoff
    private var attempts = 0
    private var hasReachedServer = false

    init(backoff: Backoff = Backoff()) {
        self.backoff = backoff
    }

    /// The event was published.
    mutating func succeeded() {
        self.hasReachedServer = true
        self.attempts = 0
        self.backoff.succeeded()
    }

    /// The event was not published, or it is not known whether it was.
    ///
    /// - Returns: How long to wait before the next attempt.
    /// - Throws: The error, if there is to be none.
    mutating func failed(_ error: ClientError, hasKey: Bool) throws(ClientError) -> Duration {
        self.attempts += 1
        let isWorthwhile =
            switch error {
            case .unreachable, .untrusted: self.hasReachedServer
            case .lost: hasKey
            // With these two nothing was kept.
            case .refused(let problem):
                [429, 503].contains(problem.status) && (problem.retryAfter ?? 0) <= Self.patience
            case .unreadable, .unusable: false
            }
        guard isWorthwhile, self.attempts < Self.mostAttempts else { throw error }
        self.hasReachedServer = true
        guard case .refused(let problem) = error else { return self.backoff.failed() }
        return self.backoff.failed(retryAfter: problem.retryAfter)
    }
}
