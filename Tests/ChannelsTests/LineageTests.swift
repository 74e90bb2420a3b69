import Testing

@testable import Channels

/// Of three lives: `a` with the events 1 to 3, `b` without one, `c` with 4 and 5; the present one, `d`, has 6 and 7.
@Suite struct LineageTests {
    private static func epoch(_ text: String) -> Epoch { Epoch(Array(text.utf8)[...])! }

    private let lineage = Lineage(
        epoch("d"),
        past: [("a", 3), ("b", 3), ("c", 5)].map {
            PastLife(epoch: epoch($0.0), through: Position(rawValue: $0.1))
        })

    private func place(_ text: String) throws(Gap.Reason) -> Lineage.Place {
        try self.lineage.place(of: Cursor(Array(text.utf8)), head: Position(rawValue: 7))
    }

    @Test(arguments: [(1, "a"), (3, "a"), (4, "c"), (5, "c"), (6, "d"), (7, "d"), (9, "d")])
    func `An event has the id of the life that it was born in`(position: Int, epoch: String) {
        #expect(lineage.id(ofEvent: Position(rawValue: UInt64(position))).description == "\(epoch)-\(position)")
    }

    @Test(arguments: [0, 3, 4, 7])
    func `A reader in the present life has a cursor of that, wherever it is`(position: Int) {
        #expect(lineage.id(ofPlace: Position(rawValue: UInt64(position))).description == "d-\(position)")
    }

    @Test func `Where there is one life, every id is of it`() {
        let lineage = Lineage(Self.epoch("e"))
        for position in [Position.zero, Position(rawValue: 1), .maximum] {
            #expect(lineage.id(ofEvent: position).epoch == lineage.epoch)
            #expect(lineage.id(ofPlace: position).epoch == lineage.epoch)
        }
    }

    @Test(arguments: [
        ("d-0", 0, nil), ("d-5", 5, nil), ("d-7", 7, nil), ("a-0", 0, 0), ("a-3", 3, 0), ("b-3", 3, 1), ("c-4", 4, 2),
        // Beyond what is known of a life is its end.
        ("a-4", 3, 0), ("b-90", 3, 1), ("c-6", 5, 2), ("c-9223372036854775807", 5, 2),
    ])
    func `A cursor of any of the lives stands for a place`(text: String, position: Int, pastLife: Int?) throws {
        let place = try place(text)
        #expect(place.position == Position(rawValue: UInt64(position)) && place.pastLife == pastLife)
    }

    @Test(arguments: ["e-5", "dd-5", "ab-3", "e-9"])
    func `A cursor of a life that is none of them stands for no place`(text: String) {
        #expect(throws: Gap.Reason.epoch) { try self.place(text) }
    }

    @Test(arguments: [
        "d-8", "d-9999999999999999999", "d-05", "d-", "d", "-5", "", "D-5", "d-5 ", "d-+5", "d-5-5", "a-05", "a-",
    ])
    func `A cursor that is no id, or lies beyond the newest event, is unknown`(text: String) {
        #expect(throws: Gap.Reason.unknown) { try self.place(text) }
    }

    @Test(arguments: [(0, 2), (1, 2), (2, nil)])
    func `Behind the end of a life comes the next that has any event, at last the present one`(life: Int, next: Int?) {
        #expect(lineage.life(behindPastLife: life) == next)
    }

    @Test(arguments: [(0, "a-3"), (1, "b-3"), (2, "c-5")])
    func `A reader that does not know yet that its life is over has a cursor of it`(life: Int, cursor: String) {
        let end = lineage.end(ofPastLife: life)
        #expect(lineage.upTo(pastLife: life).id(ofPlace: end).description == cursor)
    }
}
