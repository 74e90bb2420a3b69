/// Whom a rule lets do something.
public enum Who: Hashable, Sendable {
    case anyone
    case nobody
    /// Who has a valid token. If that has grants, they must cover the channel too.
    case token
    /// Who has a token, a key or a certificate whose grants cover the channel.
    case grant
    case key(String)
    case certificate(String)
    /// Whom the application lets (`access.callback`).
    case callback

    /// - Parameter text: As in the configuration: `anyone`, `key:editor`.
    public init?(_ text: String) {
        switch text {
        case "anyone": self = .anyone
        case "nobody": self = .nobody
        case "token": self = .token
        case "grant": self = .grant
        case "callback": self = .callback
        default:
            let parts = text.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            switch parts[0] {
            case "key": self = .key(String(parts[1]))
            case "certificate": self = .certificate(String(parts[1]))
            default: return nil
            }
        }
    }

    /// Whether it can be shown by something that a request brings along.
    var isByCredential: Bool {
        switch self {
        case .token, .grant, .key: true
        case .anyone, .nobody, .certificate, .callback: false
        }
    }
}

extension Who: CustomStringConvertible {
    public var description: String {
        switch self {
        case .anyone: "anyone"
        case .nobody: "nobody"
        case .token: "token"
        case .grant: "grant"
        case .callback: "callback"
        case .key(let name): "key:\(name)"
        case .certificate(let name): "certificate:\(name)"
        }
    }
}
