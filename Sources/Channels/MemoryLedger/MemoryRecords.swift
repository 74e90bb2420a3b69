import DequeModule

/// The records that a memory ledger keeps.
struct MemoryRecords {
    /// How many records with an end one sweep looks at.
    private static let sweepStep = 10_000

    let limit: Int
    private var byName: [RecordName: SmallRecord] = [:]
    /// Those with an end, in any order, and some that were changed since: each sweep looks at the next ones.
    private var ending: Deque<SmallRecord> = []

    init(limit: Int) {
        self.limit = limit
    }

    /// Whether there is room for what some changes add.
    mutating func hasRoom(for changes: [RecordChange], at now: Int64) -> Bool {
        guard self.byName.count + changes.count > self.limit else { return true }
        self.sweep(at: now, self.ending.count)
        var names = Set(self.byName.keys)
        for change in changes {
            if case .put = change { names.insert(change.name) } else { names.remove(change.name) }
        }
        return names.count <= self.limit
    }

    mutating func apply(_ changes: [RecordChange]) {
        for change in changes {
            switch change {
            case .put(let record):
                self.byName[record.name] = record
                if record.end != nil { self.ending.append(record) }
            case .remove(let name):
                self.byName[name] = nil
            }
        }
    }

    func records(_ query: RecordQuery, at now: Int64) -> [SmallRecord] {
        switch query {
        case .named(let name):
            return self.byName[name].map { [$0] }?.filter { !$0.isOver(at: now) } ?? []
        case .prefix(let prefix, let after, let limit):
            let found = self.byName.values.filter { record in
                record.name.text.utf8.starts(with: prefix.utf8) && !record.isOver(at: now)
                    && after.map { record.name > $0 } ?? true
            }
            return Array(found.sorted { $0.name < $1.name }.prefix(limit))
        }
    }

    /// Forgets those that are over, of the next few.
    mutating func sweep(at now: Int64) {
        self.sweep(at: now, min(Self.sweepStep, self.ending.count))
    }

    private mutating func sweep(at now: Int64, _ count: Int) {
        for _ in 0..<count {
            guard let record = self.ending.popFirst() else { return }
            guard self.byName[record.name] == record else { continue }
            if record.isOver(at: now) { self.byName[record.name] = nil } else { self.ending.append(record) }
        }
    }
}
