import Access
import Synchronization

/// What somebody was let do: who he is, and by what he has shown it. One for all requests that show the same.
final class Permit: Sendable {
    /// What has let him.
    enum Basis: Sendable {
        case open
        /// That he comes from this machine.
        case loopback
        case rules
    }

    static let open = Permit(.open)
    static let loopback = Permit(.loopback)

    let basis: Basis
    let principal: Principal
    /// By which he can be judged again; `nil` if he has shown nothing.
    let credential: Credential?
    /// The ticket that has stood for it, where one has.
    let ticket: TicketUse?
    /// What the application has said, where it was asked.
    private let application: Application

    private enum Application {
        case notAsked
        /// In milliseconds since 1970.
        case allows(until: Int64?)
    }

    convenience init(
        _ basis: Basis, _ principal: Principal = .anonymous, by credential: Credential? = nil,
        with ticket: TicketUse? = nil
    ) {
        self.init(basis, principal, credential, ticket, .notAsked)
    }

    private init(
        _ basis: Basis, _ principal: Principal, _ credential: Credential?, _ ticket: TicketUse?,
        _ application: Application
    ) {
        self.application = application
        self.ticket = ticket
        self.basis = basis
        self.principal = principal
        self.credential = credential
    }

    /// From when on it is no good any more, in milliseconds since 1970; `nil` if it never ends.
    var end: Int64? {
        guard case .allows(let end?) = self.application else { return self.principal.end }
        return min(end, self.principal.end ?? end)
    }

    /// Whether the application was asked, and has allowed it.
    var isByApplication: Bool { if case .allows = self.application { true } else { false } }

    /// The same, as the application allows it.
    ///
    /// - Parameter end: In milliseconds since 1970.
    func byApplication(until end: Int64?) -> Permit {
        Permit(self.basis, self.principal, self.credential, self.ticket, .allows(until: end))
    }
}

/// One use of a ticket. A later one ends those before it: whoever has found an URL and its owner are not there both.
struct TicketUse: Hashable {
    private static let last = Atomic<UInt64>(0)

    let id: TicketID
    /// Later ones have higher numbers.
    let number: UInt64

    static func next(of id: TicketID) -> TicketUse {
        TicketUse(id: id, number: self.last.add(1, ordering: .relaxed).newValue)
    }
}

/// Why somebody may no longer do what he was let do.
enum Denial: String {
    /// His token has ended.
    case expired
    /// His token or key was taken back.
    case revoked
    /// The rules, keys or issuers are others now.
    case changed
    /// His ticket is used elsewhere.
    case replaced

    init(_ error: TokenError) {
        switch error {
        case .expired: self = .expired
        case .revoked: self = .revoked
        default: self = .changed
        }
    }
}
