/// Where a reader is, from its beginning to its end. Knows neither what it reads nor where that goes: every method is something
/// that happened, and returns what is to be done about it.
struct ReaderStateMachine {
    enum State: CaseIterable {
        /// The outlet knows nothing of it yet.
        case beginning
        /// May read on at once.
        case behind
        /// Waits for a page of the ledger.
        case reading
        /// Waits for the outlet to take what was written.
        case blocked
        /// Has everything; the feed has it among its readers.
        case atHead
        case ended
    }

    private(set) var state = State.beginning

    var isBehind: Bool { self.state == .behind }
    var isAtHead: Bool { self.state == .atHead }
    var isEnded: Bool { self.state == .ended }
    /// Whether a page of the ledger is of use.
    var isReading: Bool { self.state == .beginning || self.state == .reading }

    /// Where it begins is known. Returns whether the outlet is to begin.
    mutating func began() -> Bool { self.move(from: .beginning, to: .behind) }

    /// Everything was read. Returns whether the reader is to join those at the head.
    mutating func caughtUp() -> Bool { self.move(from: .behind, to: .atHead) }

    /// The feed could not give everything that is new. Returns whether the reader is to read on by itself.
    mutating func fellBehind() -> Bool { self.move(from: .atHead, to: .behind) }

    /// The outlet takes more. Returns whether the reader is to read on.
    mutating func becameWritable() -> Bool { self.move(from: .blocked, to: .behind) }

    /// The logs do not reach back far enough. Returns whether the ledger is to be read.
    mutating func logsEnded() -> Bool { self.move(from: .behind, to: .reading) }

    enum OnPage {
        case none
        /// Begin where the page begins, then deliver it.
        case begin
        case deliver
    }

    /// A page of the ledger has come.
    mutating func pageCame() -> OnPage {
        switch self.state {
        case .beginning:
            self.state = .behind
            return .begin
        case .reading:
            self.state = .behind
            return .deliver
        case .behind, .blocked, .atHead, .ended:
            return .none
        }
    }

    /// The ledger could not be read. Returns whether the reader ends by that.
    mutating func readFailed() -> Bool {
        guard self.isReading else { return false }
        self.state = .ended
        return true
    }

    enum OnWrite {
        case none
        /// Leave those at the head.
        case leaveHead
        case end
    }

    /// The outlet has written something.
    mutating func wrote(_ delivery: Delivery) -> OnWrite {
        switch (delivery, self.state) {
        case (.blocked, .atHead):
            self.state = .blocked
            return .leaveHead
        case (.blocked, .behind):
            self.state = .blocked
            return .none
        case (.ended, .beginning), (.ended, .behind), (.ended, .reading), (.ended, .blocked), (.ended, .atHead):
            self.state = .ended
            return .end
        case (.ready, _), (.blocked, .beginning), (.blocked, .reading), (.blocked, .blocked), (_, .ended):
            return .none
        }
    }

    /// Nothing more can be delivered, or is to be. Returns whether the reader ends by that.
    mutating func left() -> Bool {
        defer { self.state = .ended }
        return self.state != .ended
    }

    private mutating func move(from before: State, to after: State) -> Bool {
        guard self.state == before else { return false }
        self.state = after
        return true
    }
}
