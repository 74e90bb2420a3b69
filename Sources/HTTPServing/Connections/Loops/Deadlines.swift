import NIOCore

/// What has a time at which something is due.
protocol DeadlineOwner: AnyObject {
    /// Its place in the table, `nil` while it has none; kept by the table.
    var deadlineIndex: Int? { get set }
    func deadlineReached(_ now: NIODeadline)
}

/// Whether an event loop comes to its ticks in time.
///
/// One that was held up has not read yet what clients have sent meanwhile, and who was in time for that would be taken to be late. So
/// a tick that comes late is passed over: before the next one the loop reads. That one counts whenever it comes, or nobody would
/// ever be late on a machine that is too slow.
struct Punctuality {
    /// From when on a tick is late, counted from the last one.
    private static let patience = TimeAmount.nanoseconds(3 * Deadlines.tick.nanoseconds)

    /// `nil` before the first tick, and behind one that came late.
    private var last: NIODeadline?

    mutating func isHeldUp(at now: NIODeadline) -> Bool {
        let isLate = self.last.map { now - $0 > Self.patience } ?? false
        self.last = isLate ? nil : now
        return isLate
    }
}

/// The next deadline of every connection of an event loop.
///
/// Deadlines are moved with every event that a reader is sent, and hardly ever come: so moving one is a store into an
/// array, and a tick looks through the array. (A scheduled task for each would cost far more, in time and memory.)
struct Deadlines {
    /// How often the table is looked through, and so how late a deadline may be seen.
    static let tick = TimeAmount.milliseconds(100)

    private(set) var owners: ContiguousArray<any DeadlineOwner> = []
    private var times: ContiguousArray<NIODeadline> = []

    mutating func add(_ owner: any DeadlineOwner) {
        owner.deadlineIndex = self.owners.count
        self.owners.append(owner)
        self.times.append(.distantFuture)
    }

    /// One that is not in the table, a connection that has gone, say, stays without a deadline.
    mutating func set(_ deadline: NIODeadline, of owner: any DeadlineOwner) {
        if let index = owner.deadlineIndex { self.times[index] = deadline }
    }

    mutating func remove(_ owner: any DeadlineOwner) {
        guard let index = owner.deadlineIndex else { return }
        self.owners.swapAt(index, self.owners.count - 1)
        self.times.swapAt(index, self.times.count - 1)
        self.owners[index].deadlineIndex = index
        self.owners.removeLast()
        self.times.removeLast()
        owner.deadlineIndex = nil
    }

    /// Takes the next one whose time has come; it has none until it is set again.
    ///
    /// - Parameter rest: How many are still to be looked at. They are looked at from the end, so that who is removed
    ///   meanwhile leaves nobody out: another takes its place only if it was looked at already.
    mutating func takeDue(_ now: NIODeadline, of rest: inout Int) -> (any DeadlineOwner)? {
        rest = min(rest, self.times.count)
        while rest > 0 {
            rest -= 1
            guard self.times[rest] <= now else { continue }
            self.times[rest] = .distantFuture
            return self.owners[rest]
        }
        return nil
    }
}
