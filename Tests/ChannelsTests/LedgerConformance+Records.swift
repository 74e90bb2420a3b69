import Channels
import Testing

private func record(_ name: String, _ bytes: [UInt8] = [1], end: Int64? = nil) throws -> SmallRecord {
    try #require(SmallRecord(recordName(name), bytes, end: end))
}

private func recordName(_ text: String) throws -> RecordName { try #require(RecordName(text)) }

/// Small things beside the events.
extension LedgerConformance {
    @Test(arguments: LedgerFactory.all)
    func `A record is read by its name, byte for byte, until it is changed or removed`(
        factory: LedgerFactory
    ) async throws {
        let ledger = try await factory.open()
        let first = try record("a/' %_\"", Array(0...255))
        try await ledger.write([.put(first), .put(try record("b", []))])
        #expect(try await ledger.records(.named(first.name)) == [first])
        #expect(try await ledger.records(.named(recordName("b"))).map(\.bytes) == [[]])
        #expect(try await ledger.records(.named(recordName("A/' %_\""))).isEmpty)
        let second = try record(first.name.text, [7])
        try await ledger.write([.put(second), .remove(try recordName("b")), .remove(try recordName("never"))])
        #expect(try await ledger.records(.prefix("", limit: 9)) == [second])
        #expect(ledger.record.changes.isEmpty, "a record is no event")
    }

    @Test(arguments: LedgerFactory.all)
    func `Records are listed by the beginning of their names, in their order, piece by piece`(
        factory: LedgerFactory
    ) async throws {
        let ledger = try await factory.open()
        let names = ["a", "ab", "ab~", "aB", "b", "ab/1", "ab/2"]
        try await ledger.write(try names.map { .put(try record($0)) })
        func list(_ prefix: String, after: String? = nil, _ limit: Int = 99) async throws -> [String] {
            try await ledger.records(.prefix(prefix, after: after.flatMap { RecordName($0) }, limit: limit))
                .map(\.name.text)
        }
        #expect(try await list("") == ["a", "aB", "ab", "ab/1", "ab/2", "ab~", "b"])
        #expect(try await list("ab") == ["ab", "ab/1", "ab/2", "ab~"])
        #expect(try await list("ab", 2) == ["ab", "ab/1"])
        #expect(try await list("ab", after: "ab/1", 2) == ["ab/2", "ab~"])
        #expect(try await list("c").isEmpty)
    }

    @Test(arguments: LedgerFactory.all)
    func `A record is gone from its end on`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        let end = ledger.clock.milliseconds + 1_000
        try await ledger.write([.put(try record("a", end: end)), .put(try record("b"))])
        ledger.clock.advance(by: 999)
        #expect(try await ledger.records(.prefix("", limit: 9)).count == 2)
        ledger.clock.advance(by: 1)
        #expect(try await ledger.records(.named(recordName("a"))).isEmpty)
        #expect(try await ledger.records(.prefix("", limit: 9)).map(\.name.text) == ["b"])
        try await ledger.sweep()
        #expect(try await ledger.records(.prefix("", limit: 9)).map(\.name.text) == ["b"])
    }

    @Test(arguments: LedgerFactory.all)
    func `A record that was written anew has its new end`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        try await ledger.write([.put(try record("a", end: ledger.clock.milliseconds + 1_000))])
        try await ledger.write([.put(try record("a", [2]))])
        ledger.clock.advance(by: 1_001)
        try await ledger.sweep()
        #expect(try await ledger.records(.named(recordName("a"))) == [try record("a", [2])])
    }

    @Test(arguments: LedgerFactory.all)
    func `Records are written with events, or not at all`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open()
        func publish(_ data: String, _ bytes: [UInt8]) async throws -> PublishOutcome {
            try await ledger.publish(
                Publication(
                    channel: orders, drafts: [draft(data)], key: key("k"), records: [.put(try record("r", bytes))])
            ).outcome
        }
        _ = try await publish("a", [1])
        _ = try await publish("a", [2])
        #expect(try await publish("b", [3]) == .keyConflict)
        #expect(try await ledger.records(.named(recordName("r"))).map(\.bytes) == [[1]])
    }

    @Test(arguments: LedgerFactory.all)
    func `Beyond the limit a new record is refused, and all that came with it`(factory: LedgerFactory) async throws {
        let ledger = try await factory.open(LedgerSettings(records: 2))
        try await ledger.write([
            .put(try record("a")), .put(try record("b", end: ledger.clock.milliseconds + 1_000)),
        ])
        await #expect(throws: LedgerError.tooManyRecords(limit: 2)) {
            try await ledger.write([.put(try record("a", [9])), .put(try record("c"))])
        }
        let publication = Publication(channel: orders, drafts: [draft("x")], records: [.put(try record("c"))])
        await #expect(throws: LedgerError.tooManyRecords(limit: 2)) { try await ledger.publish(publication) }
        #expect(ledger.record.changes.isEmpty)
        #expect(try await ledger.records(.named(recordName("a"))) == [try record("a")])
        try await ledger.write([.put(try record("a", [2])), .remove(try recordName("b")), .put(try record("c"))])
        try await ledger.write([
            .remove(try recordName("c")), .put(try record("b", end: ledger.clock.milliseconds + 1)),
        ])
        ledger.clock.advance(by: 2)
        try await ledger.write([.put(try record("d"))])
        #expect(try await ledger.records(.prefix("", limit: 9)).map(\.name.text) == ["a", "d"])
    }
}
