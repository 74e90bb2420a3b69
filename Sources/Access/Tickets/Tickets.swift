public import Channels
import JSON

/// The tickets that were given out, in the ledger's records, and so good on every node and after a restart.
///
/// A ticket that nobody uses is soon over. The first use binds it to what is read then; from then on it is good for that alone, as often as a
/// client comes back, until the token ends for which it stands. The token is kept sealed by the ticket: who reads the ledger has neither.
public struct Tickets: Sendable {
    /// For how long one of a token without an end is good, in milliseconds.
    private static let longest: Int64 = 86_400_000
    private static let prefix = "access/ticket/"

    private let bridge: Bridge

    public init(_ bridge: Bridge) {
        self.bridge = bridge
    }

    /// Gives out a ticket.
    ///
    /// - Parameters:
    ///   - credential: The text of the token.
    ///   - end: When that ends, in milliseconds since 1970; `nil` if never.
    ///   - lifetime: How long it may wait for its first use, in milliseconds.
    ///   - now: Milliseconds since 1970.
    /// - Returns: The ticket, and until when it must be used.
    /// - Throws: ``LedgerError`` when it cannot be kept.
    public func issue(
        for credential: [UInt8], until end: Int64?, lifetime: Int64, at now: Int64
    ) async throws(LedgerError) -> (ticket: Ticket, useBefore: Int64) {
        let ticket = Ticket.random()
        let last = min(end ?? .max, now + Self.longest)
        let useBefore = min(last, now + lifetime)
        guard let sealed = SealedText.seal(credential, with: ticket.text) else {
            throw LedgerError(.exhausted, "there is no memory for a ticket")
        }
        try await self.keep(Kept(sealed: sealed, end: last, selection: nil), of: ticket, until: useBefore)
        return (ticket, useBefore)
    }

    /// Finds the token for which a ticket stands, to read some channels.
    ///
    /// - Returns: The token's text; `nil` if the ticket is over, was never given, or is for other channels.
    /// - Throws: ``LedgerError`` when that cannot be known now.
    public func redeem(_ ticket: Ticket, for channels: [ChannelName]) async throws(LedgerError) -> [UInt8]? {
        let selection = Self.selection(channels)
        guard var kept = try await self.kept(of: ticket) else { return nil }
        if kept.selection == nil {
            kept.selection = selection
            try await self.keep(kept, of: ticket, until: kept.end)
            // Of two first uses at once the later one is kept.
            guard let last = try await self.kept(of: ticket) else { return nil }
            kept = last
        }
        return kept.selection == selection ? SealedText.open(kept.sealed, with: ticket.text) : nil
    }

    private static func selection(_ channels: [ChannelName]) -> String {
        // No name has a control character.
        AccessKeyHash(of: Array(channels.map { Array($0.bytes) }.joined(separator: [0]))).hexadecimal
    }

    // MARK: Records

    private struct Kept {
        let sealed: [UInt8]
        let end: Int64
        /// What it is bound to; `nil` before the first use.
        var selection: String?
    }

    private static func name(_ ticket: Ticket) -> RecordName? { RecordName(self.prefix + ticket.id.hash.hexadecimal) }

    private func keep(_ kept: Kept, of ticket: Ticket, until end: Int64) async throws(LedgerError) {
        var members: [JSONValue.Member] = [
            .init("token", .string(String(decoding: Base64URL.encode(kept.sealed), as: UTF8.self))),
            .init("end", .integer(kept.end)),
        ]
        if let selection = kept.selection { members.append(.init("selection", .string(selection))) }
        guard let name = Self.name(ticket),
            let record = SmallRecord(name, JSONValue.object(members).encoded(), end: end)
        else { throw LedgerError(.exhausted, "the token is too long for a ticket") }
        try await self.bridge.write([.put(record)])
    }

    private func kept(of ticket: Ticket) async throws(LedgerError) -> Kept? {
        guard let name = Self.name(ticket), let record = try await self.bridge.records(.named(name)).first,
            let object = try? JSONValue(parsing: record.bytes), let end = object["end"]?.integerValue,
            let sealed = object["token"]?.stringValue.flatMap({ Base64URL.decode(Array($0.utf8)[...]) })
        else { return nil }
        return Kept(sealed: sealed, end: end, selection: object["selection"]?.stringValue)
    }
}
