import Synchronization

/// What a ledger's observer is told, for the bridge: apart from it, so that the ledger need not hold the bridge.
final class Lives: LedgerObserver {
    private struct State {
        var current: Life
        var loss: LedgerError?
    }

    private let retention: RetentionRules
    private let limits: LogTable.Limits
    private let state: Mutex<State>
    private let toWake = Mutex<[Wakeup]>([])

    init(_ retention: RetentionRules, _ limits: LogTable.Limits) {
        self.retention = retention
        self.limits = limits
        // Until the ledger is open: nobody is in this life.
        let unopened = Life(LedgerState(epoch: .random(), head: .zero), retention, limits)
        self.state = Mutex(State(current: unopened))
    }

    var current: Life { self.state.withLock { $0.current } }

    /// Why the ledger can do nothing now.
    var loss: LedgerError? { self.state.withLock { $0.loss } }

    func began(_ state: LedgerState) {
        let next = Life(state, self.retention, self.limits)
        let last = self.state.withLock { state in
            defer { state.current = next }
            return state.current
        }
        self.willWake(last.end())
    }

    func committed(_ commit: Commit) {
        self.willWake(self.current.take(commit))
    }

    func settled() {
        self.wake()
    }

    func lost(_ error: LedgerError) {
        self.state.withLock { $0.loss = error }
    }

    func found() {
        self.state.withLock { $0.loss = nil }
    }

    private func willWake(_ wakeups: [Wakeup]) {
        if !wakeups.isEmpty { self.toWake.withLock { $0.append(contentsOf: wakeups) } }
    }

    /// Wakes the loops that something has been told for. Called without a lock.
    func wake() {
        let wakeups = self.toWake.withLock { wakeups in
            defer { wakeups = [] }
            return wakeups
        }
        for wakeup in wakeups { wakeup.ring() }
    }
}
