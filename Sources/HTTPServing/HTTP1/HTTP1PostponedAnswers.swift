import DequeModule

/// The answers of an HTTP/1 connection that were put off, and those that are there already but come behind them. They
/// go out in the order of their requests.
struct HTTP1PostponedAnswers {
    private struct Entry {
        let context: HTTP1ReplyContext
        var response: Response?
    }

    /// The most answers that are put off at a time.
    private static let limit = 128

    private var entries: Deque<Entry> = []
    /// The number of the first entry.
    private var firstNumber = 0

    var isEmpty: Bool { self.entries.isEmpty }
    var isFull: Bool { self.entries.count >= Self.limit }

    /// Returns the number by which the answer is given.
    mutating func append(_ context: HTTP1ReplyContext) -> Int {
        self.entries.append(Entry(context: context))
        return self.firstNumber + self.entries.count - 1
    }

    /// An answer is there. It counts once.
    mutating func settled(_ number: Int, _ response: Response) {
        let offset = number - self.firstNumber
        guard offset >= 0, offset < self.entries.count else { return }
        if self.entries[offset].response == nil { self.entries[offset].response = response }
    }

    /// Takes the earliest answer, if it is there.
    mutating func next() -> (response: Response, context: HTTP1ReplyContext)? {
        guard !self.entries.isEmpty, self.entries[0].response != nil else { return nil }
        let entry = self.entries.removeFirst()
        self.firstNumber += 1
        return entry.response.map { ($0, entry.context) }
    }
}
