public import TLS

/// The other end of a connection, as far as a request is judged by it. What the server knows by itself, or is told by a
/// proxy that it trusts (``Forwarding``): nothing that the client says gets here.
public struct Peer: Sendable {
    /// What is done for a connection.
    public enum Admission: Sendable, Equatable {
        case served
        /// The server holds as much as it may: only refusals are to be answered.
        case refused
        /// The same for the client's address, from which there may be so many connections.
        case refusedAddress(most: Int)
    }

    /// The number of the connection: no two of a process have the same.
    public var connection: UInt64
    /// Where it comes from: the client, or the last proxy before us that is not known as one.
    public var address: PeerAddress?
    /// Whether what it sends is encrypted: up to us, or up to a proxy that is trusted.
    public var isSecure: Bool
    /// Whether a proxy has told by a PROXY header who has connected to it.
    public var hasProxyHeader = false
    /// What the client has shown to be, where the listener asks for certificates (mutual TLS).
    public var certificate: TLSPeerCertificate?
    public var admission: Admission

    public init(
        connection: UInt64 = 0, address: PeerAddress? = nil, isSecure: Bool = false,
        certificate: TLSPeerCertificate? = nil,
        admission: Admission = .served
    ) {
        self.connection = connection
        self.address = address
        self.isSecure = isSecure
        self.certificate = certificate
        self.admission = admission
    }

    /// The subject of the certificate, as RFC 4514 writes it, and its DNS names; `nil` without one.
    public var certificateNames: (subject: String, names: [String])? { self.certificate.map { ($0.subject, $0.names) } }

    public var isRefused: Bool { self.admission != .served }

    /// Why only refusals are to be answered; `nil` if it is served.
    public var refusal: Problem? {
        switch self.admission {
        case .served: nil
        case .refused: .overCapacity
        case .refusedAddress(let most): .addressOverCapacity(most: most)
        }
    }
}
