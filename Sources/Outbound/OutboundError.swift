/// Why there is no answer.
public enum OutboundError: Error, Equatable, Sendable {
    /// The host's name has no address.
    case cannotResolve
    case cannotConnect
    /// TLS could not be agreed upon, or the certificate is not trusted; in libcurl's words.
    case tls(String)
    case timedOut
    case headTooLarge(most: Int)
    case contentTooLarge(most: Int)
    /// The connection ended before the answer did.
    case cut
    /// What came is no HTTP.
    case malformed
    /// Too many requests are under way or wait already.
    case tooMany(most: Int)
    case cancelled
    /// The server stops.
    case shutDown
    /// Anything else, in libcurl's words.
    case other(String)
}

extension OutboundError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .cannotResolve: "the name of the host has no address"
        case .cannotConnect: "nothing takes connections there"
        case .tls(let words): "TLS failed: \(words)"
        case .timedOut: "it took too long"
        case .headTooLarge(let most): "the head of the answer has more than \(most) bytes"
        case .contentTooLarge(let most): "the answer has more than \(most) bytes"
        case .cut: "the connection ended before the answer was complete"
        case .malformed: "the answer is no HTTP"
        case .tooMany(let most): "more than \(most) requests are under way already"
        case .cancelled: "the request was called off"
        case .shutDown: "the server stops"
        case .other(let words): words
        }
    }
}
