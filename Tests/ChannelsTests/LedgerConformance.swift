import Channels
import Testing

/// What every ledger must do. A ledger is put under these tests by one line in ``LedgerFactory/all``.
@Suite struct LedgerConformance {
    let orders = name("orders")
    let dates = name("dates")
    let both = [name("dates"), name("orders")]
}

/// How to make one kind of ledger, empty and not yet opened.
struct LedgerFactory: Sendable, CustomTestStringConvertible {
    static let all = [
        LedgerFactory(testDescription: "memory") { settings, clock in
            MemoryLedger(settings, clock: clock)
        },
        LedgerFactory(testDescription: "SQLite") { settings, clock in
            try TemporaryLedger(settings, clock: clock)
        },
    ]

    let testDescription: String
    let make: @Sendable (LedgerSettings, WallClock) throws -> any Ledger

    /// Makes a ledger and opens it.
    func open(_ settings: LedgerSettings = LedgerSettings()) async throws -> OpenLedger {
        let clock = TestClock()
        return try await OpenLedger(self.make(settings, clock.wallClock), clock: clock)
    }

    /// Makes a ledger that keeps no more than this of any channel, and opens it.
    func open(_ retention: Retention) async throws -> OpenLedger {
        try await self.open(LedgerSettings(retention: RetentionRules(fallback: retention)))
    }
}
