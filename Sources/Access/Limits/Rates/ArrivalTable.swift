/// The theoretical arrival times (``TokenBucket``) of keys, in fixed memory: 16 bytes for each of the latest, and a sketch
/// of all others.
struct ArrivalTable {
    private struct Entry {
        /// 0 where there is none.
        var fingerprint: UInt64 = 0
        var arrival: UInt64 = 0
    }

    /// In how many places next to each other a key may stand.
    private static let ways = 8
    /// How many keys there is room for; a power of two.
    static let capacity = 4_096
    private static let rows = 4

    private var entries = [Entry](repeating: Entry(), count: Self.capacity)
    /// Row after row, as many places in each as there are entries.
    private var sketch = [UInt64](repeating: 0, count: Self.rows * Self.capacity)

    /// The time of a key; of one that had to make room, a time that is not before its own.
    func arrival(of fingerprint: UInt64) -> UInt64 {
        for place in Self.places(of: fingerprint) where self.entries[place].fingerprint == fingerprint {
            return self.entries[place].arrival
        }
        var arrival = UInt64.max
        for row in 0..<Self.rows { arrival = min(arrival, self.sketch[Self.place(of: fingerprint, in: row)]) }
        return arrival
    }

    /// Keeps a time. It goes where the key stands, else to a place whose time has passed, else to that of the earliest.
    mutating func set(_ arrival: UInt64, of fingerprint: UInt64, at now: UInt64) {
        let places = Self.places(of: fingerprint)
        var chosen = places.lowerBound
        for place in places {
            if self.entries[place].fingerprint == fingerprint {
                self.entries[place].arrival = arrival
                return
            }
            if self.entries[place].arrival < self.entries[chosen].arrival { chosen = place }
        }
        if self.entries[chosen].arrival > now { self.letGo(of: self.entries[chosen]) }
        self.entries[chosen] = Entry(fingerprint: fingerprint, arrival: arrival)
    }

    private mutating func letGo(of entry: Entry) {
        for row in 0..<Self.rows {
            let place = Self.place(of: entry.fingerprint, in: row)
            self.sketch[place] = max(self.sketch[place], entry.arrival)
        }
    }

    private static func places(of fingerprint: UInt64) -> Range<Int> {
        let first = Int(truncatingIfNeeded: fingerprint % UInt64(Self.capacity / Self.ways)) * Self.ways
        return first..<(first + Self.ways)
    }

    /// Where a key is in a row of the sketch: by other bits than ``places(of:)``, and others for each row.
    private static func place(of fingerprint: UInt64, in row: Int) -> Int {
        let bits = fingerprint >> UInt64(9 + 12 * row)
        return row * Self.capacity + Int(truncatingIfNeeded: bits % UInt64(Self.capacity))
    }
}
