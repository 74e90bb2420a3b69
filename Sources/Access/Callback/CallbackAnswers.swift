/// Questions under way and answers that are still good: a value, without clock or network.
///
/// Many who ask the same are one question. How many wait is bounded by the connections that there are.
struct CallbackAnswers<Waiter> {
    typealias Instant = ContinuousClock.Instant

    enum Step {
        /// It is known.
        case answer(CallbackAnswer)
        /// Somebody has asked already.
        case wait
        /// The application is to be asked.
        case ask
    }

    private struct Kept {
        let answer: CallbackAnswer
        let until: Instant
    }

    /// How many answers are kept.
    private let most: Int
    private var kept: [CallbackQuestion: Kept] = [:]
    private var waiting: [CallbackQuestion: [Waiter]] = [:]

    init(most: Int = 10_000) {
        self.most = most
    }

    /// Somebody wants to know. Unless he is answered at once he waits.
    mutating func ask(_ question: CallbackQuestion, _ waiter: Waiter, at now: Instant) -> Step {
        if let kept = self.kept[question] {
            if now < kept.until { return .answer(kept.answer) }
            self.kept[question] = nil
        }
        self.waiting[question, default: []].append(waiter)
        return self.waiting[question]?.count == 1 ? .ask : .wait
    }

    /// The application has answered. Returns who waits for that.
    ///
    /// - Parameter freshness: For how many seconds the answer is good; `nil` for this once.
    mutating func answered(
        _ answer: CallbackAnswer, to question: CallbackQuestion, freshness: Int?, at now: Instant
    ) -> [Waiter] {
        if answer.isKnown, let freshness, freshness > 0 {
            if self.kept.count >= self.most { self.makeRoom(at: now) }
            self.kept[question] = Kept(answer: answer, until: now + .seconds(freshness))
        }
        return self.waiting.removeValue(forKey: question) ?? []
    }

    private mutating func makeRoom(at now: Instant) {
        self.kept = self.kept.filter { now < $0.value.until }
        // Whoever was known is asked for once more.
        if self.kept.count >= self.most { self.kept = [:] }
    }
}
