import NIOCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// What the connections of one event loop share. Owner: that event loop.
final class LoopContext {
    let eventLoop: any EventLoop
    var deadlines = Deadlines()
    private var dateSecond: time_t = 0
    private var date = ""

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// The time as the field `Date` has it, put into text once a second.
    func httpDate() -> String {
        let second = time(nil)
        if second != self.dateSecond {
            self.dateSecond = second
            self.date = HTTPDate.text(second)
        }
        return self.date
    }

    func tick() {
        let now = NIODeadline.now()
        for owner in self.deadlines.takeDue(now) { owner.deadlineReached(now) }
    }
}

@available(*, unavailable)
extension LoopContext: Sendable {}
