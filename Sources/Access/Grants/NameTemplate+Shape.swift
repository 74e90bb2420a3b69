import Channels

/// What a template is whoever asks: each placeholder is a segment of some bytes that a claim's value can have.
extension NameTemplate {
    /// Whether a name could fit somebody. Takes at most name length times pattern length steps.
    func couldMatch(_ name: ChannelName) -> Bool {
        if let pattern = self.pattern { return pattern.matches(name) }
        guard name.bytes.starts(with: self.prefix) else { return false }
        let (count, start) = (self.pieces.count, self.prefix.count)
        // Whether the bytes so far fit the pieces before one, and whether they end within the one that is a placeholder.
        var (before, within) = ([Bool](repeating: false, count: count + 1), [Bool](repeating: false, count: count + 1))
        before[start] = true
        for byte in name.bytes[start...] {
            self.passOver(&before, within)
            let isOfSegment = Claims.isOfSegment(byte)
            // From the end, so that each piece is looked at before what it leads to.
            before[count] = false
            for place in stride(from: count - 1, through: start, by: -1) {
                let isHere = before[place]
                switch self.pieces[place] {
                case .byte(let literal):
                    if isHere, literal == byte { before[place + 1] = true }
                    before[place] = false
                case .any: break
                case .claim:
                    within[place] = isOfSegment && (isHere || within[place])
                    before[place] = false
                }
            }
        }
        self.passOver(&before, within)
        return before[count]
    }

    /// What may stand for nothing more is passed over.
    private func passOver(_ before: inout [Bool], _ within: [Bool]) {
        for place in self.prefix.count..<self.pieces.count
        where within[place] || (before[place] && self.pieces[place] == .any) {
            before[place + 1] = true
        }
    }

    /// Whether there is a name that could fit both.
    func overlaps(_ other: NameTemplate) -> Bool {
        let alphabet = Set(self.literals + other.literals + [UInt8(ascii: "a"), UInt8(ascii: "\u{1}")])
        var seen: Set<[Int]> = []
        var open = [[0, 0]]
        while let pair = open.popLast() {
            guard seen.insert(pair).inserted else { continue }
            let (left, right) = (self.closure(of: [pair[0]]), other.closure(of: [pair[1]]))
            if left.contains(self.pieces.count), right.contains(other.pieces.count) { return true }
            for byte in alphabet {
                for one in self.step(left, over: byte) {
                    for two in other.step(right, over: byte) { open.append([one, two]) }
                }
            }
        }
        return false
    }

    private var literals: [UInt8] { self.pieces.compactMap { if case .byte(let byte) = $0 { byte } else { nil } } }

    /// Places among the pieces, with those behind what may stand for nothing. A place within a placeholder that has begun is
    /// written as that behind it, negative.
    private func closure(of places: Set<Int>) -> Set<Int> {
        var closed = places
        var open = Array(places)
        while let place = open.popLast() {
            let next: Int? =
                if place < 0 { -place } else if place < self.pieces.count, self.pieces[place] == .any { place + 1 } else
                { nil }
            if let next, closed.insert(next).inserted { open.append(next) }
        }
        return closed
    }

    private func step(_ places: Set<Int>, over byte: UInt8) -> Set<Int> {
        var next: Set<Int> = []
        for place in places {
            if place < 0 {
                if Claims.isOfSegment(byte) { next.insert(place) }
            } else if place < self.pieces.count {
                switch self.pieces[place] {
                case .byte(byte): next.insert(place + 1)
                case .byte: break
                case .any: next.insert(place)
                case .claim: if Claims.isOfSegment(byte) { next.insert(-(place + 1)) }
                }
            }
        }
        return self.closure(of: next)
    }
}
