import Channels
import SQLiteLedger
import TestSupport

/// An SQLite ledger in a temporary folder.
final class TemporaryLedger: Ledger {
    private let folder: TemporaryFolder
    private let ledger: SQLiteLedger

    init(_ settings: LedgerSettings, clock: WallClock) throws {
        self.folder = try TemporaryFolder()
        let configuration = SQLiteLedger.Configuration(path: self.folder.file("test.db"))
        self.ledger = SQLiteLedger(configuration, settings: settings, clock: clock)
    }

    var settings: LedgerSettings { self.ledger.settings }

    func open(_ observer: any LedgerObserver) async throws(LedgerError) {
        try await self.ledger.open(observer)
    }

    func append(
        _ publications: [Publication],
        completion: @escaping @Sendable ([Result<PublishOutcome, LedgerError>]) -> Void
    ) {
        self.ledger.append(publications, completion: completion)
    }

    func read(_ query: ReadQuery, completion: @escaping @Sendable (Result<Page, LedgerError>) -> Void) {
        self.ledger.read(query, completion: completion)
    }

    func drop(_ channel: ChannelName, completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void) {
        self.ledger.drop(channel, completion: completion)
    }

    func probe(completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void) {
        self.ledger.probe(completion: completion)
    }

    func write(_ changes: [RecordChange], completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void) {
        self.ledger.write(changes, completion: completion)
    }

    func records(_ query: RecordQuery, completion: @escaping @Sendable (Result<[SmallRecord], LedgerError>) -> Void) {
        self.ledger.records(query, completion: completion)
    }

    func sweep() { self.ledger.sweep() }

    func close() async { await self.ledger.close() }
}
