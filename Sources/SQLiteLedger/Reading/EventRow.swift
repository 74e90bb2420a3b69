import Channels
import GRDB

/// What a row of the table `event` says besides its type and data, and what must hold of it: a damaged file may give rows of
/// another channel, or leave some out, and SQLite does not notice.
struct EventRow {
    /// The first columns of a statement whose rows are read so.
    static let columns = "channel, position, time, number, offset"
    /// The column behind them.
    static let nextColumn: CInt = 5

    let position: Position
    let time: Int64
    let tally: Tally

    /// - Throws: `DatabaseError` if the row is not of the channel, or says what cannot be.
    init(_ row: SQLStatement.Row, of channel: Int64) throws {
        self.position = try row.position(1)
        self.time = try row.time(2)
        self.tally = try row.tally(3)
        guard row.integer(0) == channel else {
            throw DatabaseError.damage("among the events of channel \(channel) is one of channel \(row.integer(0))")
        }
    }

    /// Requires that a channel's row follows the one before it: none is left out, and none comes twice.
    ///
    /// - Parameter previous: The row before, and the bytes of its type and data where they are known.
    func requireNext(to previous: EventRow?, bytes: Int? = nil) throws {
        guard let previous else { return }
        let isInOrder = self.position > previous.position && self.tally.number == previous.tally.number + 1
        let offset = bytes.map { previous.tally.offset + Int64($0) } ?? max(previous.tally.offset, self.tally.offset)
        guard isInOrder, self.tally.offset == offset else {
            throw DatabaseError.damage(
                "event \(self.position.rawValue) does not follow event \(previous.position.rawValue), as it should")
        }
    }
}

extension DatabaseError {
    /// SQLite has read something, but it cannot be so.
    static func damage(_ finding: String) -> DatabaseError {
        DatabaseError(resultCode: .SQLITE_CORRUPT, message: finding)
    }
}
