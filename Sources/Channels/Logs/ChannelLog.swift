import Synchronization

/// The tail of a channel in memory, shared by all event loops that have readers of it.
///
/// It begins where it was made: what is older is in the ledger. What is taken out is immutable.
public final class ChannelLog: Sendable {
    private struct State {
        var tail: History
        var watchers: [(wakeup: Wakeup, count: Int)] = []
        /// Since when nobody watches, by the steady clock.
        var idleSince: Int64?
    }

    public let name: ChannelName
    private let state: Mutex<State>

    init(name: ChannelName, start: Position, retention: Retention) {
        self.name = name
        self.state = Mutex(State(tail: History(start: start, retention: retention)))
    }

    /// The events after one position up to another; `nil` where the tail does not reach back so far.
    public func slice(after: Position, through: Position, limit: PageLimit) -> Slice? {
        self.state.withLock { state in
            state.tail.start <= after ? state.tail.slice(after: after, through: through, limit: limit) : nil
        }
    }

    /// Whether all events after a position are here.
    public func reaches(back position: Position) -> Bool {
        self.state.withLock { $0.tail.start <= position }
    }

    /// Adds events; returns how many bytes the tail has grown by.
    func append(_ events: [Event]) -> Int {
        self.state.withLock { state in
            let before = state.tail.size
            for event in events { state.tail.append(event) }
            return state.tail.size - before
        }
    }

    /// Tells the loops that watch that the log has grown; returns those that must be woken.
    func mark() -> [Wakeup] {
        self.state.withLock { state in state.watchers.map(\.wakeup).filter { $0.mark(self) } }
    }

    /// Lets go of all events up to a position; returns how many bytes that were.
    func clear(through position: Position) -> Int {
        self.state.withLock { state in
            defer { state.tail.clear(through: position) }
            return state.tail.size
        }
    }

    /// Lets go of what is too old by the steady clock; returns how many bytes that were.
    func expire(at now: Int64) -> Int {
        self.state.withLock { state in
            let before = state.tail.size
            state.tail.expire(at: now)
            return before - state.tail.size
        }
    }

    func attach(_ wakeup: Wakeup) {
        self.state.withLock { state in
            state.idleSince = nil
            if let index = state.watchers.firstIndex(where: { $0.wakeup === wakeup }) {
                state.watchers[index].count += 1
            } else {
                state.watchers.append((wakeup, 1))
            }
        }
    }

    func detach(_ wakeup: Wakeup, at now: Int64) {
        self.state.withLock { state in
            guard let index = state.watchers.firstIndex(where: { $0.wakeup === wakeup }) else { return }
            state.watchers[index].count -= 1
            guard state.watchers[index].count == 0 else { return }
            state.watchers.remove(at: index)
            if state.watchers.isEmpty { state.idleSince = now }
        }
    }

    /// Whether nobody has watched since before a moment of the steady clock.
    func isIdle(since time: Int64) -> Bool {
        self.state.withLock { state in state.idleSince.map { $0 <= time } ?? false }
    }
}
