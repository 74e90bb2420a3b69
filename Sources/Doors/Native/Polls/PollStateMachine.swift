import Channels
import Fanout
import HTTPServing
import NIOCore

/// Where a poll is, from its beginning until it is answered. Every method is something that happened, and returns what is to be done
/// about it.
struct PollStateMachine {
    /// What an answer may have to say beside its events.
    struct Prelude: Equatable {
        /// Where the poll began.
        let start: EventID
        /// What was asked for and cannot be given.
        var gap: Gap?
        /// Whether the server is stopping: its clients should come back spread over some time.
        var isFarewell = false
    }

    /// Events that were read, and the lives that they are of.
    struct Collection {
        var lineage: Lineage?
        var events: [Event] = []

        /// - Parameter position: Where the reader is behind them; `nil` for where the last of them is.
        func batch(after: Position, through position: Position? = nil) -> Batch? {
            guard let lineage = self.lineage, let last = self.events.last else { return nil }
            return Batch(lineage, after: after, events: self.events, through: position ?? last.position)
        }
    }

    enum State {
        /// Nothing is known of where it begins.
        case beginning
        /// What is there already is being read; so far this.
        case collecting(Prelude, Collection)
        /// There was nothing to read; held for something new until then.
        case waiting(Prelude, until: NIODeadline)
        case answered
    }

    enum Action {
        case none
        /// Have ``timeOver()`` called then.
        case wait(until: NIODeadline)
        case answer(Prelude, Batch)
        /// There are no events.
        case answerEmpty(Prelude)
        /// Nothing is known that could be an answer.
        case refuse(Problem)
    }

    /// How long a poll is held whose client sends nothing more. Most of these have gone, and cost a connection until then.
    private static let halfClosedWait = TimeAmount.seconds(5)

    /// The most events of the answer, and how many bytes of types and data fill it.
    private let limit: Int
    private let size: Int
    private var wait: TimeAmount
    private(set) var state = State.beginning

    init(limit: Int, size: Int, wait: TimeAmount) {
        self.limit = limit
        self.size = size
        self.wait = wait
    }

    mutating func began(after id: EventID, gap: Gap?) -> Action {
        if case .beginning = self.state { self.state = .collecting(Prelude(start: id, gap: gap), Collection()) }
        return .none
    }

    /// Something was dropped that comes before what was not yet read.
    ///
    /// - Parameter id: Where the poll goes on, perhaps in another epoch.
    mutating func met(_ gap: Gap, before id: EventID) -> Action {
        switch self.state {
        case .collecting(let prelude, let collection):
            // What was read before the gap goes out alone; the next poll meets the gap again.
            if let batch = collection.batch(after: prelude.start.position) { return self.answer(prelude, batch) }
            self.state = .collecting(Prelude(start: id, gap: gap), Collection())
        case .waiting:
            self.state = .collecting(Prelude(start: id, gap: gap), Collection())
        case .beginning, .answered:
            break
        }
        return .none
    }

    /// - Parameter isLast: Whether this is all that there is now.
    mutating func received(_ batch: Batch, isLast: Bool) -> Action {
        switch self.state {
        case .collecting(let prelude, let collection):
            return self.collect(batch, behind: collection, prelude, isLast: isLast)
        case .waiting(let prelude, _):
            return self.collect(batch, behind: Collection(), prelude, isLast: isLast)
        case .beginning, .answered:
            return .none
        }
    }

    private mutating func collect(
        _ batch: Batch, behind collection: consuming Collection, _ prelude: Prelude, isLast: Bool
    ) -> Action {
        if batch.events.isEmpty, collection.events.isEmpty { return .none }
        if isLast, collection.events.isEmpty { return self.answer(prelude, batch) }
        self.state = .answered  // so that the events have one owner, and are not copied
        collection.lineage = batch.lineage
        collection.events += batch.events
        let events = collection.events
        let isFull = events.count >= self.limit || events.reduce(0) { $0 + $1.size } >= self.size
        if isLast || isFull { return self.answer(prelude, collection, through: batch.through) }
        self.state = .collecting(prelude, collection)
        return .none
    }

    /// All that is kept was read; `id` is where the poll is.
    mutating func caughtUp(at id: EventID, _ now: NIODeadline) -> Action {
        switch self.state {
        case .collecting(let prelude, let collection):
            guard collection.events.isEmpty, prelude.gap == nil, self.wait > .zero else {
                return self.answer(prelude, collection, through: id.position)
            }
            self.state = .waiting(prelude, until: now + self.wait)
            return .wait(until: now + self.wait)
        case .beginning, .waiting, .answered:
            return .none
        }
    }

    mutating func timeOver() -> Action {
        guard case .waiting(let prelude, _) = self.state else { return .none }
        self.state = .answered
        return .answerEmpty(prelude)
    }

    /// The client sends nothing more.
    mutating func inputClosed(_ now: NIODeadline) -> Action {
        self.wait = min(self.wait, Self.halfClosedWait)
        guard case .waiting(let prelude, let end) = self.state else { return .none }
        let sooner = min(end, now + Self.halfClosedWait)
        self.state = .waiting(prelude, until: sooner)
        return .wait(until: sooner)
    }

    /// The server is stopping: the poll is answered with what there is.
    mutating func drain() -> Action {
        switch self.state {
        case .beginning:
            self.state = .answered
            return .refuse(.unavailable("the server is stopping", retryAfter: 2))
        case .collecting(var prelude, let collection):
            prelude.isFarewell = true
            return self.answer(prelude, collection, through: nil)
        case .waiting(var prelude, _):
            prelude.isFarewell = true
            return self.answer(prelude, Collection(), through: nil)
        case .answered:
            return .none
        }
    }

    /// The client may read no longer: what was read is not given to it.
    mutating func denied(_ problem: Problem) -> Action {
        switch self.state {
        case .beginning, .collecting:
            self.state = .answered
            return .refuse(problem)
        case .waiting(let prelude, _):
            self.state = .answered
            return .answerEmpty(prelude)
        case .answered:
            return .none
        }
    }

    /// What is kept cannot be read now.
    mutating func failed(_ problem: Problem) -> Action {
        if case .answered = self.state { return .none }
        self.state = .answered
        return .refuse(problem)
    }

    /// - Parameter position: Where the reader is behind what was read; `nil` for where the last event is.
    private mutating func answer(_ prelude: Prelude, _ collection: Collection, through position: Position?) -> Action {
        if let batch = collection.batch(after: prelude.start.position, through: position) {
            return self.answer(prelude, batch)
        }
        self.state = .answered
        return .answerEmpty(prelude)
    }

    private mutating func answer(_ prelude: Prelude, _ batch: Batch) -> Action {
        self.state = .answered
        return .answer(prelude, batch.prefix(self.limit, filling: self.size))
    }
}
