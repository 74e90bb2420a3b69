/// The header that a proxy sends before anything else of a connection, to say who has connected to it: HAProxy's PROXY
/// protocol, versions 1 and 2 (its document `proxy-protocol.txt`).
struct ProxyHeader: Equatable {
    /// The most bytes of a header, TLVs and all. The standard allows 64 KB, which nobody sends.
    static let maximumSize = 4 << 10

    /// Who has connected to the proxy; `nil` if the connection is the proxy's own (LOCAL, such as a check of health), or
    /// it does not say (UNKNOWN, UNSPEC, a socket of the file system): then the socket's address counts.
    let source: PeerAddress?
    /// Whether the client has come to the proxy under TLS (`PP2_TYPE_SSL`).
    let isSecure: Bool

    init(source: PeerAddress? = nil, isSecure: Bool = false) {
        self.source = source
        self.isSecure = isSecure
    }

    /// What bytes are, as far as they go.
    enum Parsing: Equatable {
        /// More bytes are needed to tell.
        case incomplete
        /// A header of so many bytes.
        case header(ProxyHeader, size: Int)
        /// No header, whatever follows.
        case invalid
    }

    private static let word = Array("PROXY ".utf8)

    /// - Parameter bytes: The first ones of a connection, however many have come.
    static func parse(_ bytes: some RandomAccessCollection<UInt8>) -> Parsing {
        let bytes = Array(bytes.prefix(Self.maximumSize))
        if bytes.starts(with: ProxyHeaderV2.signature) { return ProxyHeaderV2.parse(bytes) }
        if bytes.starts(with: Self.word) { return ProxyHeaderV1.parse(bytes) }
        return ProxyHeaderV2.signature.starts(with: bytes) || Self.word.starts(with: bytes) ? .incomplete : .invalid
    }
}
