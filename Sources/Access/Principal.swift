/// Who asks.
public enum Principal: Equatable, Sendable {
    /// Nobody has said who he is.
    case anonymous
    case token(VerifiedToken)
    /// One of the server's own keys, by its name.
    case key(String, Grants)
    /// A client certificate, by the name that the configuration gives it.
    case certificate(String, Grants)

    /// What was given to him; `nil` if that is nothing of its own.
    var grants: Grants? {
        switch self {
        case .anonymous: nil
        case .token(let token): token.grants
        case .key(_, let grants), .certificate(_, let grants): grants
        }
    }

    var claims: Claims {
        if case .token(let token) = self { token.claims } else { .none }
    }

    /// Whether the key that has shown who he is was taken back by its issuer.
    public var isKeyRetired: Bool { if case .token(let token) = self { token.key?.isRetired ?? false } else { false } }

    /// From when on he is nobody any more, in milliseconds since 1970; `nil` if never.
    public var end: Int64? { if case .token(let token) = self { token.end } else { nil } }
}

extension Principal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .anonymous: "anonymous"
        case .token(let token): "token of \(Self.printable(token.subject ?? "nobody"))"
        case .key(let name, _): "key \(name)"
        case .certificate(let name, _): "certificate \(name)"
        }
    }

    /// A subject comes from outside, and stands in logs and on terminals.
    private static func printable(_ text: String) -> String {
        text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : String($0) }.joined()
    }
}
