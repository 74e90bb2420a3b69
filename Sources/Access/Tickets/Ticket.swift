/// What stands in an URL in place of a token: 32 random bytes by which the server finds the token again. An `EventSource` can set no field,
/// and an URL ends up in logs; what is found there is of little use, see ``Tickets``.
public struct Ticket: Sendable {
    /// How the text of each ticket begins.
    public static let prefix = "pollux_ticket_"

    public let text: [UInt8]

    /// - Parameter text: What a client says is a ticket.
    public init(_ text: [UInt8]) {
        self.text = text
    }

    static func random() -> Ticket {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        return Ticket(Array(self.prefix.utf8) + Base64URL.encode(bytes))
    }

    /// What it is known by; nobody finds the ticket by that.
    public var id: TicketID { TicketID(hash: AccessKeyHash(of: self.text)) }
}

/// What a ticket is known by.
public struct TicketID: Hashable, Sendable {
    let hash: AccessKeyHash
}
