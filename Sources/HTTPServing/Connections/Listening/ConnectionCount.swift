import Synchronization

/// How many connections a server has, on all its loops.
final class ConnectionCount: Sendable {
    private struct State {
        var count = 0
        /// What is done when the last connection has gone.
        var atZero: (@Sendable () -> Void)?

        mutating func takeIfZero() -> (@Sendable () -> Void)? {
            guard self.count == 0 else { return nil }
            defer { self.atZero = nil }
            return self.atZero
        }
    }

    private let state = Mutex(State())
    private let lastNumber = Atomic<UInt64>(0)

    /// A number for a connection that no other has.
    func next() -> UInt64 { self.lastNumber.add(1, ordering: .relaxed).newValue }

    var value: Int { self.state.withLock { $0.count } }

    func add(_ number: Int) {
        let atZero = self.state.withLock { state in
            state.count += number
            return state.takeIfZero()
        }
        atZero?()
    }

    /// Does something once, as soon as there are no connections, which may be now.
    func atZero(_ body: @escaping @Sendable () -> Void) {
        let atZero = self.state.withLock { state in
            state.atZero = body
            return state.takeIfZero()
        }
        atZero?()
    }
}
