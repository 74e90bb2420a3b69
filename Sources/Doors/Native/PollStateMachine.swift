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

    enum State {
        /// Nothing is known of where it begins.
        case beginning
        /// What is there already is being read; so far these events.
        case collecting(Prelude, [Event])
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
        if case .beginning = self.state { self.state = .collecting(Prelude(start: id, gap: gap), []) }
        return .none
    }

    /// Something was dropped that comes before what was not yet read.
    ///
    /// - Parameter id: Where the poll goes on, perhaps in another epoch.
    mutating func met(_ gap: Gap, before id: EventID) -> Action {
        switch self.state {
        case .collecting(let prelude, let events):
            // What was read before the gap goes out alone; the next poll meets the gap again.
            if let last = events.last { return self.answer(prelude, events, through: last.position) }
            self.state = .collecting(Prelude(start: id, gap: gap), [])
        case .waiting:
            self.state = .collecting(Prelude(start: id, gap: gap), [])
        case .beginning, .answered:
            break
        }
        return .none
    }

    /// - Parameter isLast: Whether this is all that there is now.
    mutating func received(_ batch: Batch, isLast: Bool) -> Action {
        switch self.state {
        case .collecting(let prelude, let events):
            return self.collect(batch, behind: events, prelude, isLast: isLast)
        case .waiting(let prelude, _):
            return self.collect(batch, behind: [], prelude, isLast: isLast)
        case .beginning, .answered:
            return .none
        }
    }

    private mutating func collect(
        _ batch: Batch, behind events: consuming [Event], _ prelude: Prelude, isLast: Bool
    ) -> Action {
        if batch.events.isEmpty, events.isEmpty { return .none }
        if isLast, events.isEmpty { return self.answer(prelude, batch) }
        self.state = .answered  // so that the events have one owner, and are not copied
        events += batch.events
        let isFull = events.count >= self.limit || events.reduce(0) { $0 + $1.size } >= self.size
        if isLast || isFull { return self.answer(prelude, events, through: batch.through) }
        self.state = .collecting(prelude, events)
        return .none
    }

    /// All that is kept was read; `id` is where the poll is.
    mutating func caughtUp(at id: EventID, _ now: NIODeadline) -> Action {
        switch self.state {
        case .collecting(let prelude, let events):
            guard events.isEmpty, prelude.gap == nil, self.wait > .zero else {
                return self.answer(prelude, events, through: id.position)
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
        case .collecting(var prelude, let events):
            prelude.isFarewell = true
            return self.answer(prelude, events, through: events.last?.position)
        case .waiting(var prelude, _):
            prelude.isFarewell = true
            return self.answer(prelude, [], through: nil)
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

    private mutating func answer(_ prelude: Prelude, _ events: [Event], through position: Position?) -> Action {
        guard let position, !events.isEmpty else {
            self.state = .answered
            return .answerEmpty(prelude)
        }
        let (epoch, after) = (prelude.start.epoch, prelude.start.position)
        return self.answer(prelude, Batch(epoch: epoch, after: after, events: events, through: position))
    }

    private mutating func answer(_ prelude: Prelude, _ batch: Batch) -> Action {
        self.state = .answered
        return .answer(prelude, batch.prefix(self.limit, filling: self.size))
    }
}
