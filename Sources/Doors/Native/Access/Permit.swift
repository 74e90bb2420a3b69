import Access

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

    init(_ basis: Basis, _ principal: Principal = .anonymous, by credential: Credential? = nil) {
        self.basis = basis
        self.principal = principal
        self.credential = credential
    }

    /// From when on it is no good any more, in milliseconds since 1970; `nil` if it never ends.
    var end: Int64? { self.principal.end }
}

/// Why somebody may no longer do what he was let do.
enum Denial: String {
    /// His token has ended.
    case expired
    /// His token or key was taken back.
    case revoked
    /// The rules, keys or issuers are others now.
    case changed
}
