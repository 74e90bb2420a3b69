/// When which event is published: the pace, and what may be unanswered. Knows no socket; time is given to it.
///
/// Event `k` goes to channel `k % channels`, and is number `k / channels` there.
struct Publishing {
    enum Step: Equatable {
        /// To this channel, with this number in it.
        case send(channel: Int, number: Int)
        /// Nothing is due before this moment.
        case wait(until: Nanoseconds)
        /// As many as may be are unanswered.
        case waitForAnswer
        /// All are sent, and some not answered yet.
        case allSent
        /// All are sent, and what could be answered is.
        case done
    }

    private let amount: Workload.Amount
    private let rate: Double
    private let window: Int
    private let channels: Int
    private var start: Nanoseconds = 0

    /// How many were sent; also the next event.
    private(set) var sent = 0
    private(set) var refused: [Int] = []
    /// Those whose connection broke before the answer: they may have been kept or not.
    private(set) var unanswered: [Int] = []
    /// How many of those sent are settled: answered, or never to be.
    private(set) var settled = 0
    /// The first status that was no success.
    private(set) var firstRefusal: Int?
    /// The longest that one was sent after it was due.
    private(set) var late: Nanoseconds = 0

    init(_ workload: Workload) {
        self.amount = workload.amount
        self.rate = workload.rate
        self.window = max(1, workload.window)
        self.channels = workload.channels
    }

    mutating func start(at now: Nanoseconds) {
        self.start = now
    }

    /// How much is done, from 0 to 1.
    func share(at now: Nanoseconds) -> Double {
        switch self.amount {
        case .events(let count): Double(self.sent) / Double(max(1, count))
        case .seconds(let seconds): min(1, (now - self.start).seconds / seconds)
        }
    }

    /// What to do now. One that is to be sent counts as sent.
    mutating func next(at now: Nanoseconds) -> Step {
        guard !self.isEnough(at: now) else { return self.settled == self.sent ? .done : .allSent }
        guard self.sent - self.settled < self.window else { return .waitForAnswer }
        let due = self.due
        guard due <= now else { return .wait(until: due) }
        if self.rate > 0 { self.late = max(self.late, now - due) }
        defer { self.sent += 1 }
        return .send(channel: self.sent % self.channels, number: self.sent / self.channels)
    }

    /// The oldest of those unanswered was answered.
    mutating func answered(status: Int) {
        guard self.settled < self.sent else { return }
        if !(200..<300 ~= status) {
            self.refused.append(self.settled)
            if self.firstRefusal == nil { self.firstRefusal = status }
        }
        self.settled += 1
    }

    /// No more answers come on this connection.
    mutating func connectionLost() {
        self.unanswered.append(contentsOf: self.settled..<self.sent)
        self.settled = self.sent
    }

    /// How many were answered with success.
    var kept: Int { self.settled - self.refused.count - self.unanswered.count }

    /// Whether all are sent, and what could be answered is.
    func isDone(at now: Nanoseconds) -> Bool {
        self.isEnough(at: now) && self.settled == self.sent
    }

    /// How many were sent, by channel.
    var sentByChannel: [Int] {
        (0..<self.channels).map { (self.sent - $0 + self.channels - 1) / self.channels }
    }

    /// The numbers of those that readers need not get, by channel.
    var failedByChannel: [[Int]] {
        var failed = [[Int]](repeating: [], count: self.channels)
        for event in self.refused + self.unanswered { failed[event % self.channels].append(event / self.channels) }
        return failed
    }

    private func isEnough(at now: Nanoseconds) -> Bool {
        switch self.amount {
        case .events(let count): self.sent >= count
        case .seconds(let seconds): (now - self.start).seconds >= seconds
        }
    }

    private var due: Nanoseconds {
        guard self.rate > 0 else { return 0 }
        let nanoseconds = Double(self.sent) / self.rate * Double(Nanoseconds.second)
        return self.start + (Nanoseconds(exactly: nanoseconds.rounded(.down)) ?? .max / 4)
    }
}
