import Channels
import JSON
import Testing

@testable import Access

/// Tickets, in a ledger in memory.
@Suite struct TicketsTests {
    private static let token = Array("a.b.c".utf8)
    private let now = WallClock.system.milliseconds()
    private let bridge: Bridge
    private let tickets: Tickets
    private let (a, b): (ChannelName, ChannelName)

    init() async throws {
        self.bridge = try await Bridge.open(MemoryLedger())
        self.tickets = Tickets(self.bridge)
        (self.a, self.b) = (try ChannelName("a"), try ChannelName("b"))
    }

    @Test func `A ticket is bound to what is read first`() async throws {
        let ticket = try await tickets.issue(for: Self.token, until: nil, lifetime: 60_000, at: now).ticket
        #expect(try await tickets.redeem(ticket, for: [a]) == Self.token)
        #expect(try await tickets.redeem(ticket, for: [b]) == nil)
        #expect(try await tickets.redeem(ticket, for: [a, b]) == nil)
        #expect(try await tickets.redeem(ticket, for: [a]) == Self.token)
    }

    @Test func `Of first uses at once for several selections one is taken`() async throws {
        let ticket = try await tickets.issue(for: Self.token, until: nil, lifetime: 60_000, at: now).ticket
        let names = try (0..<20).map { try ChannelName("c\($0)") }
        _ = await withTaskGroup(of: Void.self) { group in
            for name in names { group.addTask { _ = try? await tickets.redeem(ticket, for: [name]) } }
        }
        var good = 0
        for name in names where try await tickets.redeem(ticket, for: [name]) != nil { good += 1 }
        #expect(good == 1)
    }

    @Test func `It must be used before its lifetime is over, and before its token ends`() async throws {
        let late = try await tickets.issue(for: Self.token, until: nil, lifetime: 1_000, at: now - 5_000)
        #expect(late.useBefore == now - 4_000)
        #expect(try await tickets.redeem(late.ticket, for: [a]) == nil)
        let short = try await tickets.issue(for: Self.token, until: now + 10, lifetime: 60_000, at: now)
        #expect(short.useBefore == now + 10)
    }

    @Test func `Nobody reads the token without the ticket`() async throws {
        _ = try await tickets.issue(for: Self.token, until: nil, lifetime: 60_000, at: now)
        let records = try await bridge.records(.prefix("access/ticket/", limit: 10))
        #expect(records.count == 1)
        #expect(records.allSatisfy { !String(decoding: $0.bytes, as: UTF8.self).contains("a.b.c") })
    }

    @Test func `What was sealed is opened by the same secret alone, and only if nothing of it was changed`() throws {
        for text in [[], Self.token, Array(repeating: 7, count: 10_000)] {
            let sealed = try #require(SealedText.seal(text, with: [1, 2, 3]))
            #expect(SealedText.open(sealed, with: [1, 2, 3]) == text)
            #expect(SealedText.open(sealed, with: [1, 2, 4]) == nil)
            for place in [0, sealed.count / 2, sealed.count - 1] {
                var changed = sealed
                changed[place] ^= 1
                #expect(SealedText.open(changed, with: [1, 2, 3]) == nil)
            }
            #expect(SealedText.open(Array(sealed.dropLast()), with: [1, 2, 3]) == nil)
        }
        #expect(SealedText.open([], with: [1]) == nil)
    }
}
