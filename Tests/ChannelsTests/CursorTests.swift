import Testing

@testable import Channels

@Suite struct CursorTests {
    private let epoch = Epoch(Array("e1".utf8)[...])!

    private func position(_ text: String) throws(Gap.Reason) -> UInt64 {
        try Cursor(Array(text.utf8)).position(in: epoch, head: Position(rawValue: 7)).rawValue
    }

    @Test(arguments: [("e1-0", 0), ("e1-5", 5), ("e1-7", 7)])
    func `The id of an event that was, or the beginning, stands for its position`(text: String, position: Int) throws {
        #expect(try self.position(text) == UInt64(position))
    }

    @Test(arguments: ["e2-5", "e-5", "e11-5", "e2-9"])
    func `A cursor of another epoch stands for none`(text: String) {
        #expect(throws: Gap.Reason.epoch) { try self.position(text) }
    }

    @Test(arguments: [
        "e1-8", "e1-9999999999999999999", "e1-05", "e1-", "e1", "-5", "", "E1-5", "e1-5 ", "e1-+5", "e1-5-5",
    ])
    func `A cursor that is no id, or lies beyond the newest event, is unknown`(text: String) {
        #expect(throws: Gap.Reason.unknown) { try self.position(text) }
    }
}
