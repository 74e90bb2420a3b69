import DequeModule

/// Which requests are under way and which wait for their turn: a value, without threads or sockets.
///
/// What happens is told to it by whoever does it; ``turn(at:)`` says what there is to do for the one who carries it out.
struct RequestQueue<Job> {
    typealias ID = UInt64

    enum Submission: Equatable {
        case taken(ID)
        case refused(OutboundError)
    }

    /// What there is to do.
    struct Turn {
        /// To be begun.
        var begun: [(id: ID, job: Job)] = []
        /// Under way, to be stopped and told why.
        var stopped: [(id: ID, error: OutboundError)] = []
        /// Never begun, to be told why.
        var dropped: [(job: Job, error: OutboundError)] = []
        /// Whether nothing comes after this.
        var isLast = false
    }

    private enum State {
        case open
        case closed
    }

    private struct Waiting {
        let id: ID
        let job: Job
        let deadline: ContinuousClock.Instant
    }

    private let concurrency: Int
    private let most: Int
    private var state = State.open
    private var lastID: ID = 0
    private var waiting: Deque<Waiting> = []
    private var underWay: Set<ID> = []
    /// Called off while they waited, and while they were under way; nobody was told yet.
    private var neverBegun: [Job] = []
    private var unwanted: [ID] = []

    /// - Parameters:
    ///   - concurrency: The most requests under way.
    ///   - length: The most that wait beside them.
    init(concurrency: Int, length: Int) {
        self.concurrency = max(1, concurrency)
        self.most = self.concurrency + max(0, length)
    }

    // MARK: What happens

    /// A request has come.
    mutating func submit(_ job: Job, until deadline: ContinuousClock.Instant) -> Submission {
        guard self.state == .open else { return .refused(.shutDown) }
        guard self.waiting.count + self.underWay.count < self.most else { return .refused(.tooMany(most: self.most)) }
        self.lastID += 1
        self.waiting.append(Waiting(id: self.lastID, job: job, deadline: deadline))
        return .taken(self.lastID)
    }

    /// Nobody wants a request any more. One that is over is no matter.
    mutating func cancel(_ id: ID) {
        if let place = self.waiting.firstIndex(where: { $0.id == id }) {
            self.neverBegun.append(self.waiting.remove(at: place).job)
        } else if self.underWay.contains(id), !self.unwanted.contains(id) {
            self.unwanted.append(id)
        }
    }

    /// A request that was under way has been answered.
    mutating func finish(_ id: ID) {
        self.underWay.remove(id)
        self.unwanted.removeAll { $0 == id }
    }

    /// Nothing is begun any more.
    mutating func close() {
        self.state = .closed
    }

    // MARK: What there is to do

    mutating func turn(at now: ContinuousClock.Instant) -> Turn {
        defer {
            self.neverBegun = []
            self.unwanted = []
        }
        guard self.state == .open else { return self.lastTurn() }
        var turn = Turn(
            stopped: self.unwanted.map { ($0, .cancelled) }, dropped: self.neverBegun.map { ($0, .cancelled) })
        self.underWay.subtract(self.unwanted)
        for late in self.waiting where late.deadline <= now { turn.dropped.append((late.job, .timedOut)) }
        self.waiting.removeAll { $0.deadline <= now }
        while self.underWay.count < self.concurrency, let next = self.waiting.popFirst() {
            self.underWay.insert(next.id)
            turn.begun.append((next.id, next.job))
        }
        return turn
    }

    private mutating func lastTurn() -> Turn {
        defer {
            self.waiting = []
            self.underWay = []
        }
        let neverBegun = self.neverBegun + self.waiting.map(\.job)
        return Turn(
            stopped: self.underWay.sorted().map { ($0, .shutDown) }, dropped: neverBegun.map { ($0, .shutDown) },
            isLast: true)
    }

    /// When the first of those that wait has waited too long; `nil` if none waits.
    var nextDeadline: ContinuousClock.Instant? { self.waiting.lazy.map(\.deadline).min() }
}
