import NIOCore

/// What has a time at which something is due.
protocol DeadlineOwner: AnyObject {
    /// Its place in the table, `nil` while it has none; kept by the table.
    var deadlineIndex: Int? { get set }
    func deadlineReached(_ now: NIODeadline)
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
