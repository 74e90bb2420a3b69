/// Which events of one channel have come to one reader. Events have the numbers 0, 1, 2 and so on.
///
/// All is exact, and takes a few words as long as nothing is lost.
struct Arrivals {
    /// What an event is to a reader.
    enum Arrival: Equatable {
        case inOrder
        /// Later than one with a greater number.
        case late
        case repeated
    }

    /// All below have come, but for the missing ones.
    private(set) var next = 0
    private var missing: [Range<Int>] = []

    /// An event has come.
    mutating func arrived(_ number: Int) -> Arrival {
        guard number < self.next else {
            if number > self.next { self.missing.append(self.next..<number) }
            self.next = number + 1
            return .inOrder
        }
        guard let index = self.missing.firstIndex(where: { $0.contains(number) }) else { return .repeated }
        let range = self.missing[index]
        let rest = [range.lowerBound..<number, (number + 1)..<range.upperBound].filter { !$0.isEmpty }
        self.missing.replaceSubrange(index...index, with: rest)
        return .late
    }

    /// Whether an event has come.
    func contains(_ number: Int) -> Bool {
        number < self.next && !self.missing.contains { $0.contains(number) }
    }

    /// How many of the events that were kept have not come.
    ///
    /// - Parameters:
    ///   - sent: How many were sent.
    ///   - failed: The numbers of those that were refused or never answered: they need not come.
    func lost(sent: Int, failed: [Int]) -> Int {
        let missing = self.missing.reduce(0) { $0 + $1.count } + max(0, sent - self.next)
        return missing - failed.count { !self.contains($0) }
    }
}
