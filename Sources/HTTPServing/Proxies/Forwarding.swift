/// Which proxies are believed, and the field by which they say for whom they ask. Nobody is believed by default.
public struct Forwarding: Sendable, Equatable {
    /// Where proxies write the client's address. Exactly one is looked at: a proxy that writes one of them passes on
    /// the other as the client has made it up.
    public enum Field: String, Sendable, CaseIterable {
        case none
        /// `Forwarded` (RFC 7239).
        case forwarded
        /// `X-Forwarded-For` and `X-Forwarded-Proto`.
        case xForwardedFor
    }

    /// The networks of our own proxies.
    public var proxies: [Network]
    public var field: Field

    public init(proxies: [Network] = [], field: Field = .none) {
        self.proxies = proxies
        self.field = field
    }

    /// Whether a PROXY header from there counts. A listener asks for one, so without ``proxies`` everybody's does.
    func takesHeader(from address: PeerAddress?) -> Bool { self.proxies.isEmpty || self.trusts(address) }

    func trusts(_ address: PeerAddress?) -> Bool {
        address.map { address in self.proxies.contains { $0.contains(address) } } ?? false
    }

    /// The peer as a request shows it: the client, where all between him and us are proxies that are believed.
    func peer(_ peer: Peer, of head: RequestHead) -> Peer {
        guard self.trusts(peer.address) else { return peer }
        let hops = self.hops(head)
        var result = peer
        // From the right: each hop was written by the one right of it. One that cannot be read ends the walk, since what
        // stands left of it may be anybody's.
        for hop in hops.reversed() {
            if let isSecure = hop.isSecure { result.isSecure = isSecure }
            guard let address = hop.address else { break }
            result.address = address
            guard self.trusts(address) else { break }
        }
        return result
    }

    private func hops(_ head: RequestHead) -> [ForwardedHop] {
        switch self.field {
        case .none: []
        case .forwarded: ForwardedHop.hops(forwarded: head.values(of: "Forwarded"))
        case .xForwardedFor:
            ForwardedHop.hops(for: head.values(of: "X-Forwarded-For"), proto: head.values(of: "X-Forwarded-Proto"))
        }
    }
}
