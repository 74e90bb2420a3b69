import Channels

/// What a template is whoever asks: each placeholder is a segment of some bytes that a claim's value can have.
extension NameTemplate {
    /// Whether a name could fit somebody.
    func couldMatch(_ name: ChannelName) -> Bool {
        var states = self.closure(of: [0])
        for byte in name.bytes {
            states = self.step(states, over: byte)
            if states.isEmpty { return false }
        }
        return states.contains(self.pieces.count)
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
