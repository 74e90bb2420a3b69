import Channels
import SQLiteLedger
import Testing

/// What every ledger must do. A ledger is put under these tests by one line in ``LedgerFactory/all``.
@Suite struct LedgerConformance {
    let orders = name("orders")
    let dates = name("dates")
    let both = [name("dates"), name("orders")]
}

/// How to make one kind of ledger, empty and not yet opened.
struct LedgerFactory: Sendable, CustomTestStringConvertible {
    /// What the tests want to be different.
    struct Settings: Sendable {
        var retention = RetentionRules()
        var idempotencyWindow = Duration.seconds(1)
        var idempotencyKeys = 1_000
    }

    static let all = [
        LedgerFactory(testDescription: "memory") { settings, clock in
            MemoryLedger(
                MemoryLedger.Configuration(
                    retention: settings.retention, idempotencyWindow: settings.idempotencyWindow,
                    idempotencyKeys: settings.idempotencyKeys),
                clock: clock)
        },
        LedgerFactory(testDescription: "SQLite") { settings, clock in
            try TemporaryLedger(
                SQLiteLedger.Configuration(
                    retention: settings.retention, idempotencyWindow: settings.idempotencyWindow,
                    idempotencyKeys: settings.idempotencyKeys),
                clock: clock)
        },
    ]

    let testDescription: String
    let make: @Sendable (Settings, WallClock) throws -> any Ledger

    /// Makes a ledger and opens it.
    func open(_ settings: Settings = Settings()) throws -> OpenLedger {
        let clock = TestClock()
        return try OpenLedger(self.make(settings, clock.wallClock), clock: clock)
    }

    /// Makes a ledger that keeps no more than this of any channel, and opens it.
    func open(_ retention: Retention) throws -> OpenLedger {
        try self.open(Settings(retention: RetentionRules(fallback: retention)))
    }
}
