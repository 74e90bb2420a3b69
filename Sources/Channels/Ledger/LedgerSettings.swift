/// What is kept and for how long, whatever the store is. A ledger holds it, and whoever else needs it asks there.
public struct LedgerSettings: Sendable {
    /// What is kept of each channel.
    public var retention: RetentionRules
    /// How long an idempotency key is remembered; default 10 minutes.
    public var idempotencyWindow: Duration
    /// The most idempotency keys that are remembered at a time; default 1,000,000.
    public var idempotencyKeys: Int
    /// The most records; default 1,000,000.
    public var records: Int

    public init(
        retention: RetentionRules = RetentionRules(), idempotencyWindow: Duration = .seconds(600),
        idempotencyKeys: Int = 1_000_000, records: Int = 1_000_000
    ) {
        self.retention = retention
        self.idempotencyWindow = idempotencyWindow
        self.idempotencyKeys = idempotencyKeys
        self.records = records
    }
}
