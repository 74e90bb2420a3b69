import Channels
import TestSupport
import Testing

@testable import SQLiteLedger

/// Whether a database goes on from its mark.
@Suite struct MarkTests {
    private func epoch(_ text: String) throws -> Epoch { try #require(Epoch(Array(text.utf8)[...])) }

    private func mark(_ name: String = "one", head: UInt64 = 5, boot: String = "now", isSafe: Bool = false) throws
        -> Mark.Content
    {
        Mark.Content(epoch: try epoch(name), head: Position(rawValue: head), boot: boot, isSafe: isSafe)
    }

    private func isBreach(_ mark: Mark.Content?, head: UInt64) throws -> Bool {
        let state = LedgerState(epoch: try epoch("one"), head: Position(rawValue: head))
        return Mark.Content.breach(of: mark, by: state, boot: "now") != nil
    }

    @Test func `A database goes on from where its mark is, or from behind it`() throws {
        #expect(try !isBreach(mark(head: 5), head: 5))
        #expect(try !isBreach(mark(head: 4), head: 5), "it was stopped between the commit and the mark")
    }

    @Test func `An older copy, one of another ledger and one without a mark do not`() throws {
        #expect(try isBreach(mark(head: 6), head: 5))
        #expect(try isBreach(mark("two", head: 5), head: 5))
        #expect(try isBreach(nil, head: 5))
    }

    @Test func `After the machine went down it depends on whether all was on the disk`() throws {
        #expect(try isBreach(mark(boot: "before"), head: 5))
        #expect(try !isBreach(mark(boot: "before", isSafe: true), head: 5))
    }

    @Test func `What is written is read again, and another length of number leaves nothing behind`() throws {
        let folder = try TemporaryFolder()
        let content = try mark(head: 99_999, boot: "b", isSafe: true)
        do {
            let mark = try Mark(of: folder.file("x.db"))
            #expect(mark.content == nil)
            try mark.write(content)
        }
        let mark = try Mark(of: folder.file("x.db"))
        #expect(mark.content == content)
        #expect(mark.advance(to: Position(rawValue: 100_000)))
        #expect(try Mark(of: folder.file("x.db")).content?.head == Position(rawValue: 100_000))
    }
}
