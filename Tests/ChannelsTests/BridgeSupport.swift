import Channels
import Synchronization
import Testing

/// Calls that wait for nothing: only for a bridge whose ledger is in memory, which answers before it returns.
extension Bridge {
    @discardableResult
    func publish(_ data: String..., to channel: ChannelName, key: IdempotencyKey? = nil) throws -> Receipt {
        let publication = Publication(channel: channel, drafts: data.map { draft($0) }, key: key)
        switch try answer({ self.publish(publication, completion: $0) }) {
        case .appended(let receipt), .replayed(let receipt): return receipt
        case .keyConflict: throw KeyConflict()
        }
    }

    func drop(_ channel: ChannelName) throws {
        try answer { self.drop(channel, completion: $0) }
    }

    func read(_ query: ReadQuery) throws -> Page {
        try answer { self.read(query, completion: $0) }
    }

    private struct KeyConflict: Error {}

    private func answer<Value: Sendable>(
        _ call: (@escaping @Sendable (Result<Value, LedgerError>) -> Void) -> Void
    ) throws -> Value {
        let answer = Answer<Value>()
        call { answer.give($0) }
        return try #require(answer.result, "the ledger has not answered").get()
    }
}

private final class Answer<Value: Sendable>: Sendable {
    private let given = Mutex<Result<Value, LedgerError>?>(nil)

    var result: Result<Value, LedgerError>? { self.given.withLock { $0 } }

    func give(_ result: Result<Value, LedgerError>) {
        self.given.withLock { $0 = result }
    }
}
