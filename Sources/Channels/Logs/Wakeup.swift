import Synchronization

/// How publishers wake an event loop: once, however much is published before it comes round to look.
///
/// Any thread may mark a log; the loop that the wakeup belongs to takes what was marked.
public final class Wakeup: Sendable {
    private struct State {
        var marked: [ChannelLog] = []
        var isRung = false
    }

    private let state = Mutex(State())
    private let wake: @Sendable () -> Void

    /// - Parameter wake: Makes the loop call ``take()`` soon; called from any thread, without a lock.
    public init(wake: @escaping @Sendable () -> Void) {
        self.wake = wake
    }

    /// Notes that a log has grown. Returns whether the loop must be woken for it.
    func mark(_ log: ChannelLog) -> Bool {
        self.state.withLock { state in
            if state.marked.last !== log { state.marked.append(log) }
            defer { state.isRung = true }
            return !state.isRung
        }
    }

    func ring() {
        self.wake()
    }

    /// Takes the logs that have grown since the last call. A log may be among them more than once.
    public func take() -> [ChannelLog] {
        self.state.withLock { state in
            state.isRung = false
            defer { state.marked = [] }
            return state.marked
        }
    }
}
