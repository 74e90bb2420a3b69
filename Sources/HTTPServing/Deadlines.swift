import NIOCore

/// What has a time at which something is due.
protocol DeadlineOwner: AnyObject {
    /// Its place in the table; kept by the table.
    var deadlineIndex: Int { get set }
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

    mutating func set(_ deadline: NIODeadline, of owner: any DeadlineOwner) {
        self.times[owner.deadlineIndex] = deadline
    }

    mutating func remove(_ owner: any DeadlineOwner) {
        let index = owner.deadlineIndex
        self.owners.swapAt(index, self.owners.count - 1)
        self.times.swapAt(index, self.times.count - 1)
        self.owners[index].deadlineIndex = index
        self.owners.removeLast()
        self.times.removeLast()
    }

    /// Takes those whose time has come; they have none until it is set again.
    mutating func takeDue(_ now: NIODeadline) -> [any DeadlineOwner] {
        var due: [any DeadlineOwner] = []
        for index in self.times.indices where self.times[index] <= now {
            self.times[index] = .distantFuture
            due.append(self.owners[index])
        }
        return due
    }
}
