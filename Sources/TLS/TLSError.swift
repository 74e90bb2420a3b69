/// Why a TLS connection ended.
public enum TLSError: Error, Equatable, CustomStringConvertible {
    /// The peers could not agree, or the peer does not speak TLS.
    case handshakeFailed(String)
    /// The handshake took too long.
    case handshakeTimeout
    /// The peer's certificate does not prove that it is who it should be.
    case untrusted(String)
    /// The peer broke the protocol.
    case broken(String)
    /// The connection ended without a closing alert: what was read may be cut short (RFC 8446, section 6.1).
    case truncated
    /// The connection is closed.
    case closed

    public var description: String {
        switch self {
        case .handshakeFailed(let reason): "the TLS handshake failed: \(reason)"
        case .handshakeTimeout: "the TLS handshake was not complete in time"
        case .untrusted(let reason): "the peer's certificate is not trusted: \(reason)"
        case .broken(let reason): "the peer broke the TLS protocol: \(reason)"
        case .truncated: "the connection was cut without a closing alert of TLS"
        case .closed: "the TLS connection is closed"
        }
    }
}
