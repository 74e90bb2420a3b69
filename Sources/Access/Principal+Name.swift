extension Principal {
    /// By what the limits tell principals apart.
    enum Name: Hashable, Sendable {
        case subject(String, issuer: String?)
        case key(String)
        case certificate(String)
    }

    /// `nil` for nobody in particular, and for who has a token that names nobody.
    var name: Name? {
        switch self {
        case .anonymous: nil
        case .token(let token): token.subject.map { .subject($0, issuer: token.issuer) }
        case .key(let name, _): .key(name)
        case .certificate(let name, _): .certificate(name)
        }
    }
}
