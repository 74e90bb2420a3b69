import Channels
import Synchronization
import TestSupport

/// A memory ledger that can be slow to read, and fail.
final class HeldLedger: ImmediateLedger {
    private struct State {
        /// How many reads are still answered at once.
        var free = Int.max
        var error: LedgerError?
        var held: [@Sendable () -> Void] = []
        var readCount = 0
    }

    private let memory: MemoryLedger
    private let state = Mutex(State())

    init(_ memory: MemoryLedger = MemoryLedger()) {
        self.memory = memory
    }

    var settings: LedgerSettings { self.memory.settings }

    /// From now on reads wait until ``release()``, but for the first few.
    func hold(after free: Int = 0) {
        self.state.withLock { $0.free = free }
    }

    /// Answers what waits, and from now on at once.
    func release() {
        let held = self.state.withLock { state in
            defer { state.held = [] }
            state.free = .max
            return state.held
        }
        for read in held { read() }
    }

    /// From now on everything fails; `nil` for no longer.
    func fail(with error: LedgerError?) {
        self.state.withLock { $0.error = error }
    }

    /// How many reads there were.
    var readCount: Int { self.state.withLock { $0.readCount } }

    func open(_ observer: any LedgerObserver) { self.memory.open(observer) }

    func read(_ query: ReadQuery, completion: @escaping @Sendable (Result<Page, LedgerError>) -> Void) {
        let isHeld = self.state.withLock { state in
            state.readCount += 1
            guard state.free == 0 else {
                state.free -= 1
                return false
            }
            state.held.append { self.readNow(query, completion) }
            return true
        }
        if !isHeld { self.readNow(query, completion) }
    }

    private func readNow(_ query: ReadQuery, _ completion: @escaping @Sendable (Result<Page, LedgerError>) -> Void) {
        if let error = self.error {
            completion(.failure(error))
        } else {
            self.memory.read(query, completion: completion)
        }
    }

    private var error: LedgerError? { self.state.withLock { $0.error } }

    func append(
        _ publications: [Publication],
        completion: @escaping @Sendable ([Result<PublishOutcome, LedgerError>]) -> Void
    ) {
        if let error = self.error {
            completion(publications.map { _ in .failure(error) })
        } else {
            self.memory.append(publications, completion: completion)
        }
    }

    func drop(_ channel: ChannelName, completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void) {
        if let error = self.error {
            completion(.failure(error))
        } else {
            self.memory.drop(channel, completion: completion)
        }
    }

    func probe(completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void) {
        if let error = self.error { completion(.failure(error)) } else { completion(.success(())) }
    }

    func write(_ changes: [RecordChange], completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void) {
        self.memory.write(changes, completion: completion)
    }

    func records(_ query: RecordQuery, completion: @escaping @Sendable (Result<[SmallRecord], LedgerError>) -> Void) {
        self.memory.records(query, completion: completion)
    }

    func sweep() { self.memory.sweep() }

    func close() { self.memory.close() }
}
