package import Channels
import Synchronization

/// The sessions of all loops: polls of one run may come to any of them.
package final class Sessions: Sendable {
    private let table = Mutex(SessionTable())
    private let observer: any ReaderObserver
    private let clock: WallClock

    /// - Parameter observer: Told of each session's beginning and end.
    package init(_ observer: any ReaderObserver, clock: WallClock = .system) {
        self.observer = observer
        self.clock = clock
    }

    /// A reader has come.
    package func join(_ selection: Selection, _ signs: SessionSigns) -> Session {
        let (session, isNew) = self.table.withLock { $0.join(selection, signs) }
        if isNew { self.observer.began(session) }
        return session
    }

    /// A reader has gone that may come again: its session ends if none comes within the time that ``sweep(linger:)`` is given.
    package func leave(_ session: Session) {
        let now = self.clock.steadyMilliseconds()
        self.table.withLock { $0.leave(session, at: now) }
    }

    /// A reader has gone for good.
    package func end(_ session: Session) {
        if self.table.withLock({ $0.end(session) }) { self.observer.ended(session) }
    }

    /// Ends the sessions that have had no reader for longer than `linger`, and the longest idle of more than `most`; to be called about once
    /// a second.
    package func sweep(linger: Duration, keeping most: Int = .max) {
        let time = self.clock.steadyMilliseconds() - linger.milliseconds
        let ended = self.table.withLock { $0.end(idleSince: time, keeping: most) }
        for session in ended { self.observer.ended(session) }
    }

    /// How many there are.
    package var count: Int { self.table.withLock { $0.count } }
}
