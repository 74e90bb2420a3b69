/// Finds what was meant by a name that is not known.
enum Spelling {
    /// The closest of the names, if it is close at all: the typed name with a group before it, or one in which about
    /// every fourth character is different.
    static func nearest(to typed: String, among names: [String]) -> String? {
        if let whole = names.first(where: { $0.hasSuffix("." + typed) }) { return whole }
        let word = Array(typed.lowercased().utf8)
        let most = max(2, word.count / 4)
        let candidates = names.filter { abs($0.utf8.count - word.count) <= most }
        let nearest = candidates.map { ($0, Self.distance(word, Array($0.lowercased().utf8))) }.min { $0.1 < $1.1 }
        return nearest.flatMap { $0.1 <= most ? $0.0 : nil }
    }

    /// How many bytes must be put in, taken out or replaced to make one of the other (Levenshtein).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, other) in right.enumerated() {
                let replaced = diagonal + (byte == other ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
