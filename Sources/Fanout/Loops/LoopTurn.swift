/// What the publishers and readers of one event loop have with the ledger: groups of publications on their way, and a
/// delivery that waits for them.
///
/// Logs that grow while a group of the loop's own is being committed are not delivered at once: its events come in a
/// moment, and so all of it becomes one batch. Groups are settled in the order in which they began.
struct LoopTurn: Equatable {
    /// How many groups are with the ledger.
    private(set) var groups = 0
    /// How many of them, from the oldest on, must be settled before what is in the logs is delivered; 0 if no delivery waits.
    private var awaited = 0

    /// A group of publications has gone to the ledger.
    mutating func groupBegan() {
        self.groups += 1
    }

    /// The oldest group was committed, or refused. Returns whether the delivery that waits is due.
    mutating func groupSettled() -> Bool {
        self.groups -= 1
        guard self.awaited > 0 else { return false }
        self.awaited -= 1
        return self.awaited == 0
    }

    /// Logs have grown. Returns whether what is new is to be delivered now.
    mutating func logsGrew() -> Bool {
        // Groups that begin later are not waited for: otherwise a busy publisher would put a delivery off for ever.
        if self.awaited == 0 { self.awaited = self.groups }
        return self.awaited == 0
    }
}
