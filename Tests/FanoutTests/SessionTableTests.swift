import Channels
import TestSupport
import Testing

@testable import Fanout

@Suite struct SessionTableTests {
    /// A table that expectations can be asked of.
    private final class Table {
        private var table = SessionTable()

        var count: Int { self.table.count }

        func join(_ selection: Selection, _ signs: SessionSigns) -> (session: Session, isNew: Bool) {
            self.table.join(selection, signs)
        }

        func leave(_ session: Session, at time: Int64) { self.table.leave(session, at: time) }

        func end(_ session: Session) -> Bool { self.table.end(session) }

        func end(idleSince time: Int64, keeping most: Int = .max) -> [Session] {
            self.table.end(idleSince: time, keeping: most)
        }
    }

    private let table = Table()
    private let a: Selection
    private let b: Selection

    init() throws {
        self.a = Selection(try ChannelName("a"))
        self.b = Selection(try ChannelName("b"))
    }

    private func signs(_ token: String? = nil, connection: UInt64 = 1, from origin: String = "10.0.0.1") -> SessionSigns
    {
        SessionSigns(token: token, connection: connection, identity: ReaderIdentity(origin))
    }

    /// One poll: it comes, and goes at a time.
    private func poll(_ selection: Selection, _ signs: SessionSigns, at time: Int64 = 0) -> Session {
        let session = self.table.join(selection, signs).session
        self.table.leave(session, at: time)
        return session
    }

    @Test func `Polls with one token are one session, on whatever connection and from wherever they come`() {
        let first = self.poll(self.a, self.signs("t"))
        let second = self.poll(self.a, self.signs("t", connection: 2, from: "10.0.0.2"))
        #expect(first == second)
        #expect(self.table.count == 1)
    }

    @Test func `Other tokens and other selections are other sessions`() {
        let sessions = [
            self.poll(self.a, self.signs("t")), self.poll(self.a, self.signs("u")), self.poll(self.b, self.signs("t")),
        ]
        #expect(Set(sessions).count == 3)
    }

    @Test func `Of more sessions without a reader than may be, the longest idle end first, and none that has one`() {
        let sessions = (0..<5).map { self.poll(self.a, self.signs("t\($0)"), at: Int64($0)) }
        let back = self.table.join(self.a, self.signs("t0")).session
        #expect(back == sessions[0])
        #expect(self.poll(self.a, self.signs("t1"), at: 9) == sessions[1], "it was idle again later")
        #expect(self.table.end(idleSince: -1, keeping: 2) == [sessions[2], sessions[3]])
        #expect(self.table.end(idleSince: -1, keeping: 2).isEmpty)
        #expect(self.table.end(idleSince: -1, keeping: 0) == [sessions[4], sessions[1]])
        #expect(self.table.count == 1, "only the one that has a reader is left")
    }

    @Test func `Without a token those of one connection belong together`() {
        let first = self.table.join(self.a, self.signs(connection: 1))
        let second = self.table.join(self.a, self.signs(connection: 1))
        let other = self.table.join(self.a, self.signs(connection: 2))
        #expect(first.session == second.session)
        #expect([first.isNew, second.isNew, other.isNew] == [true, false, true])
    }

    @Test func `A poll on a new connection goes on with a session of its origin that has no poll under way`() {
        let first = self.poll(self.a, self.signs(connection: 1))
        let second = self.table.join(self.a, self.signs(connection: 2))
        #expect(second == (first, false))
        let third = self.table.join(self.a, self.signs(connection: 3))
        #expect(third.isNew, "the first has a poll under way again")
        #expect(self.table.join(self.a, self.signs(connection: 1)).isNew, "its session went to another connection")
    }

    @Test func `It does not take one of another origin, of another selection, or of a token`() {
        _ = self.poll(self.a, self.signs(connection: 1))
        _ = self.poll(self.a, self.signs("t", connection: 2, from: "10.0.0.2"))
        #expect(self.table.join(self.a, self.signs(connection: 3, from: "10.0.0.2")).isNew)
        #expect(self.table.join(self.b, self.signs(connection: 4)).isNew)
    }

    @Test func `A session ends when its last reader has been gone for the time`() {
        let session = self.poll(self.a, self.signs("t"), at: 1_000)
        #expect(self.table.end(idleSince: 999) == [])
        #expect(self.table.end(idleSince: 1_000) == [session])
        #expect(self.table.end(idleSince: 1_000) == [])
        #expect(self.table.count == 0)
        #expect(self.table.join(self.a, self.signs("t")).isNew)
    }

    @Test func `A reader that came again meanwhile keeps it, and it ends after that one`() {
        let session = self.poll(self.a, self.signs("t"), at: 1_000)
        _ = self.table.join(self.a, self.signs("t"))
        #expect(self.table.end(idleSince: 2_000) == [])
        self.table.leave(session, at: 3_000)
        #expect(self.table.end(idleSince: 2_999) == [])
        #expect(self.table.end(idleSince: 3_000) == [session])
    }

    @Test func `With several readers it is the last one that counts`() {
        let session = self.table.join(self.a, self.signs("t")).session
        _ = self.table.join(self.a, self.signs("t"))
        self.table.leave(session, at: 1)
        #expect(self.table.end(idleSince: 5) == [])
        #expect(self.table.end(session))
        #expect(self.table.count == 0)
    }

    @Test func `A reader that goes for good ends its session at once, unless there is another`() {
        let session = self.table.join(self.a, self.signs("t")).session
        _ = self.table.join(self.a, self.signs("t"))
        #expect(!self.table.end(session))
        #expect(self.table.end(session))
        #expect(!self.table.end(session))
        self.table.leave(session, at: 1)
        #expect(self.table.end(idleSince: 1) == [])
    }

    @Test func `However many come and go, each session begins once and ends once, and nothing is left`() {
        var dice = SeededGenerator(seed: 7)
        var (begun, ended, open): (Set<Session>, [Session], [Session]) = ([], [], [])
        for time in Int64(0)..<20_000 {
            if Bool.random(using: &dice) || open.isEmpty {
                let token = Int.random(in: 0..<4, using: &dice)
                let signs = self.signs(
                    token == 0 ? "t\(time % 5)" : nil, connection: .random(in: 0..<30, using: &dice),
                    from: "10.0.0.\(time % 3)")
                let (session, isNew) = self.table.join(time % 7 == 0 ? self.b : self.a, signs)
                if isNew { #expect(begun.insert(session).inserted) }
                #expect(begun.contains(session) && !ended.contains(session))
                open.append(session)
            } else {
                let session = open.remove(at: .random(in: open.indices, using: &dice))
                if Int.random(in: 0..<4, using: &dice) == 0 {
                    if self.table.end(session) { ended.append(session) }
                } else {
                    self.table.leave(session, at: time)
                }
            }
            if time % 10 == 0 { ended += self.table.end(idleSince: time - 30) }
        }
        for session in open { self.table.leave(session, at: 20_000) }
        ended += self.table.end(idleSince: 20_000)
        #expect(Set(ended).count == ended.count)
        #expect(Set(ended) == begun)
        #expect(self.table.count == 0)
    }
}
