import Channels

/// When rows were written by the steady clock, though they carry the time of day: it may have been put forward and back
/// since. Owner: the writer.
///
/// Of the rows written since the ledger was opened that is known, since positions tell how far ahead of the steady clock the
/// time of day was. Those from before are taken by their word, unless they say that they come from the future: they count
/// from the opening.
struct Ages {
    /// By how much the clocks may drift apart before it is noted, in milliseconds.
    private static let tolerance: Int64 = 1_000
    /// How many changes of the time of day are told apart.
    private static let mostChanges = 64

    /// Positions behind `after` were given while the time of day was `lead` milliseconds ahead of the steady clock.
    private struct Change {
        let after: Position
        let lead: Int64
    }

    private let opening: Moment
    private let openingHead: Position
    private var changes: [Change]
    /// The moment that ages count to, by the steady clock.
    private(set) var now: Int64

    init(at opening: Moment, head: Position) {
        self.opening = opening
        self.openingHead = head
        self.changes = [Change(after: head, lead: opening.lead)]
        self.now = opening.steadyMilliseconds
    }

    /// Goes on to another moment; what is written from now on gets positions behind `head`.
    mutating func advance(to moment: Moment, head: Position) {
        self.now = moment.steadyMilliseconds
        let lead = moment.lead
        guard let last = self.changes.last, abs(lead - last.lead) >= Self.tolerance else { return }
        self.changes.append(Change(after: head, lead: lead))
        if self.changes.count > Self.mostChanges { self.mergeOldest() }
    }

    /// Makes one of the two oldest changes, with the smaller lead: what is aged by it may count as too young, but nothing
    /// goes before its time.
    private mutating func mergeOldest() {
        let oldest = self.changes.removeFirst()
        self.changes[0] = Change(after: oldest.after, lead: min(oldest.lead, self.changes[0].lead))
    }

    /// When a row was written, by the steady clock.
    func instant(ofTime time: Int64, at position: Position) -> Int64 {
        // No change is from before the opening: rows from then count by its lead.
        let lead = self.changes.last { $0.after < position }?.lead ?? self.opening.lead
        let latest = position <= self.openingHead ? self.opening.steadyMilliseconds : self.now
        return min(time - lead, latest)
    }
}

extension Moment {
    /// How far the time of day is ahead of the steady clock.
    fileprivate var lead: Int64 { self.milliseconds - self.steadyMilliseconds }
}
