import Channels
import DequeModule

/// Which sessions there are, and which readers belong to them. Knows no clock and no lock.
///
/// A reader belongs to the session of its token; without one, to that of its connection; otherwise to one of the same
/// selection and identity that has no reader at the moment; otherwise it begins a session.
struct SessionTable {
    private enum Key: Hashable {
        case token(Selection, String)
        case connection(Selection, UInt64)
    }

    private struct Place: Hashable {
        let selection: Selection
        let identity: ReaderIdentity
    }

    private struct Entry {
        let session: Session
        let place: Place
        var key: Key
        /// How many readers it has now.
        var readers = 0
        /// When its last reader went; of no meaning while it has any.
        var idleSince: Int64 = 0
    }

    private var entries: [UInt64: Entry] = [:]
    private var numbers: [Key: UInt64] = [:]
    /// Sessions without a token that have no reader now, the one that was left last at the end.
    private var idle: [Place: [UInt64]] = [:]
    /// Sessions as they became idle; some have readers again by now.
    private var leavings: Deque<(number: UInt64, at: Int64)> = []
    private var lastNumber: UInt64 = 0

    var count: Int { self.entries.count }

    /// A reader has come. Returns its session, and whether that begins with it.
    mutating func join(_ selection: Selection, _ signs: SessionSigns) -> (session: Session, isNew: Bool) {
        let place = Place(selection: selection, identity: signs.identity)
        let key: Key =
            if let token = signs.token { .token(selection, token) } else { .connection(selection, signs.connection) }
        let known = self.numbers[key] ?? (signs.token == nil ? self.adopt(at: place, as: key) : nil)
        if let known, let session = self.resume(known) { return (session, false) }
        self.lastNumber += 1
        let session = Session(number: self.lastNumber, selection: selection, identity: signs.identity)
        self.entries[session.number] = Entry(session: session, place: place, key: key, readers: 1)
        self.numbers[key] = session.number
        return (session, true)
    }

    /// A reader has gone that is expected to come again, at a time in milliseconds of a clock that only goes forward.
    mutating func leave(_ session: Session, at now: Int64) {
        guard var entry = self.release(session), entry.readers == 0 else { return }
        entry.idleSince = now
        self.entries[session.number] = entry
        self.leavings.append((session.number, now))
        if case .connection = entry.key { self.idle[entry.place, default: []].append(session.number) }
    }

    /// A reader has gone for good. Returns whether its session ends with it.
    mutating func end(_ session: Session) -> Bool {
        guard let entry = self.release(session), entry.readers == 0 else { return false }
        self.remove(entry)
        return true
    }

    private mutating func release(_ session: Session) -> Entry? {
        guard var entry = self.entries[session.number], entry.readers > 0 else { return nil }
        entry.readers -= 1
        self.entries[session.number] = entry
        return entry
    }

    /// Ends the sessions whose last reader went at `time` or before, and of those that are left without one the longest idle, until
    /// there are at most so many.
    mutating func end(idleSince time: Int64, keeping most: Int = .max) -> [Session] {
        var ended: [Session] = []
        while let next = self.leavings.first, next.at <= time || self.leavings.count > most {
            self.leavings.removeFirst()
            // One that was idle again later has another place in the row.
            guard let entry = self.entries[next.number], entry.readers == 0, entry.idleSince <= max(time, next.at)
            else {
                continue
            }
            self.remove(entry)
            ended.append(entry.session)
        }
        return ended
    }

    private mutating func resume(_ number: UInt64) -> Session? {
        guard var entry = self.entries[number] else { return nil }
        if entry.readers == 0 { self.forgetIdle(entry) }
        entry.readers += 1
        self.entries[number] = entry
        return entry.session
    }

    /// Hands a session that has no reader over to a reader on another connection.
    private mutating func adopt(at place: Place, as key: Key) -> UInt64? {
        guard let number = self.idle[place]?.last, let entry = self.entries[number] else { return nil }
        self.numbers[entry.key] = nil
        self.entries[number]?.key = key
        self.numbers[key] = number
        return number
    }

    private mutating func forgetIdle(_ entry: Entry) {
        guard var numbers = self.idle[entry.place] else { return }
        if let index = numbers.lastIndex(of: entry.session.number) { numbers.remove(at: index) }
        self.idle[entry.place] = numbers.isEmpty ? nil : numbers
    }

    private mutating func remove(_ entry: Entry) {
        self.entries[entry.session.number] = nil
        if self.numbers[entry.key] == entry.session.number { self.numbers[entry.key] = nil }
        self.forgetIdle(entry)
    }
}
