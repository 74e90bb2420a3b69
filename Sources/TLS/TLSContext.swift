import COpenSSL

/// What the connections of one side have in common: certificates, versions, suites. Does not change; to change
/// something a new one takes its place, and connections go on with the one that they began with.
public final class TLSContext: Sendable {
    nonisolated(unsafe) let pointer: OpaquePointer
    let isServer: Bool
    /// What sessions are sealed with; for a context that takes this one's place.
    public let ticketKeys: TicketKeys
    /// What a server shows to clients, the one for those that name no host first; empty on the client's side.
    let identities: [TLSIdentity]
    /// Those of them that it shows to who names no host: the first, and those of other kinds of keys for a name of the first.
    let standard: [TLSIdentity]
    /// What may be spoken on top, by falling preference, in ALPN's names.
    let protocols: [String]
    /// Whether a client makes sure whom it is connected with.
    let verifiesPeer: Bool

    init(
        isServer: Bool, identities: [TLSIdentity] = [], protocols: [String], verifiesPeer: Bool,
        ticketKeys: TicketKeys = TicketKeys()
    ) throws(OpenSSLError) {
        ERR_clear_error()
        self.pointer = try OpenSSLError.require(SSL_CTX_new(isServer ? TLS_server_method() : TLS_client_method()))
        self.isServer = isServer
        self.identities = identities
        self.standard = identities.filter { $0 === identities.first || $0.sharesName(with: identities[0]) }
        self.ticketKeys = ticketKeys
        self.verifiesPeer = verifiesPeer
        self.protocols = protocols
        SSL_CTX_set_ex_data(self.pointer, Self.index, Unmanaged.passUnretained(self).toOpaque())
        SSL_CTX_set_options(self.pointer, pollux_SSL_options())
        pollux_SSL_CTX_set_modes(self.pointer)
    }

    deinit { SSL_CTX_free(self.pointer) }

    /// The context of a connection.
    static func of(_ ssl: OpaquePointer) -> TLSContext? {
        guard let context = SSL_get_SSL_CTX(ssl), let pointer = SSL_CTX_get_ex_data(context, Self.index) else {
            return nil
        }
        return Unmanaged<TLSContext>.fromOpaque(pointer).takeUnretainedValue()
    }

    private static let index = pollux_SSL_CTX_new_index()

    /// Allows no version that is older; one that the system's own configuration rules out stays ruled out.
    func require(version: CInt) throws(OpenSSLError) {
        let systems = pollux_SSL_CTX_get_min_proto_version(self.pointer)
        try OpenSSLError.require(pollux_SSL_CTX_set_min_proto_version(self.pointer, max(version, systems)))
    }
}
