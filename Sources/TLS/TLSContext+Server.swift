import COpenSSL

/// How a server proves who it is, and whom it lets in.
public struct TLSServerConfiguration: Sendable {
    /// Whether clients must show certificates.
    public enum ClientCertificates: String, Sendable, CaseIterable {
        case required
        /// One that is shown must be good.
        case optional
    }

    /// The first is shown to clients that name no host, or one that none is for. Where several are for one host, of
    /// different kinds of keys, the client's abilities decide.
    public var identities: [TLSIdentity]
    public var policy = TLSPolicy.intermediate
    /// What may be spoken on top, by falling preference, in ALPN's names.
    public var protocols = ["h2", "http/1.1"]
    /// A PEM file with the authorities of clients; without one, clients are not asked.
    public var clientAuthorities: String?
    public var clientCertificates = ClientCertificates.required

    public init(identities: [TLSIdentity]) {
        self.identities = identities
    }
}

extension TLSContext {
    /// - Parameter ticketKeys: Those that sessions of an earlier context were sealed with, where they may be resumed.
    /// - Throws: ``InvalidIdentity`` if there is no certificate, or OpenSSL takes one not.
    public static func server(
        _ configuration: TLSServerConfiguration, ticketKeys: TicketKeys = TicketKeys()
    ) throws(InvalidIdentity) -> TLSContext {
        guard !configuration.identities.isEmpty else { throw InvalidIdentity("there is no certificate") }
        do throws(OpenSSLError) {
            let context = try TLSContext(
                isServer: true, identities: configuration.identities, protocols: configuration.protocols,
                verifiesPeer: configuration.clientAuthorities != nil, ticketKeys: ticketKeys)
            try context.apply(configuration.policy)
            // Of those with the same kind of key the last one counts for OpenSSL.
            for identity in context.standard.reversed() { try identity.use(in: context) }
            SSL_CTX_set_cert_cb(context.pointer, Self.chooseCertificate, nil)
            SSL_CTX_set_alpn_select_cb(context.pointer, Self.chooseProtocol, nil)
            try context.useTickets()
            try context.ask(configuration)
            return context
        } catch {
            throw InvalidIdentity("OpenSSL does not take this: \(error)")
        }
    }

    private func apply(_ policy: TLSPolicy) throws(OpenSSLError) {
        try self.require(version: policy == .modern ? TLS1_3_VERSION : TLS1_2_VERSION)
        try OpenSSLError.require(SSL_CTX_set_cipher_list(self.pointer, TLSPolicy.cipherSuites))
        // A system that allows other groups only keeps its own list.
        if pollux_SSL_CTX_set1_groups_list(self.pointer, TLSPolicy.groups) != 1 { ERR_clear_error() }
    }

    private func useTickets() throws(OpenSSLError) {
        pollux_SSL_CTX_disable_session_cache(self.pointer)
        SSL_CTX_set_timeout(self.pointer, CLong(TicketKeys.lifetime.components.seconds))
        pollux_SSL_CTX_set_ticket_callback(self.pointer, TicketKeys.callback)
        self.limitSessions()
        let name = Array("pollux".utf8)
        try OpenSSLError.require(SSL_CTX_set_session_id_context(self.pointer, name, CUnsignedInt(name.count)))
    }

    private func ask(_ configuration: TLSServerConfiguration) throws(OpenSSLError) {
        guard let authorities = configuration.clientAuthorities else { return }
        let list = try CertificateList(pem: PEMFile(authorities))
        try self.trust(list)
        for authority in list.certificates {
            try OpenSSLError.require(SSL_CTX_add_client_CA(self.pointer, authority))
        }
        let must = configuration.clientCertificates == .required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0
        SSL_CTX_set_verify(self.pointer, SSL_VERIFY_PEER | must, nil)
    }

    /// Called once the client has named its host: takes the certificates that are for it, if they are not there anyway.
    private static let chooseCertificate: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> CInt = {
        ssl, _ in
        guard let ssl, let context = TLSContext.of(ssl) else { return 0 }
        guard context.identities.count > 1, let name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) else {
            return 1
        }
        let fitting = context.identities.filter { $0.covers(String(cString: name)) }
        guard !fitting.isEmpty, !fitting.elementsEqual(context.standard, by: ===) else { return 1 }
        SSL_certs_clear(ssl)
        return fitting.reversed().allSatisfy { $0.use(in: ssl) } ? 1 : 0
    }

    /// The server's preference counts (RFC 7301, section 3.2). A client that offers nothing known is refused.
    private static let chooseProtocol: SSL_CTX_alpn_select_cb_func = { ssl, chosen, chosenCount, offered, count, _ in
        guard let ssl, let context = TLSContext.of(ssl), let offered else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        let names = ProtocolNames(UnsafeBufferPointer(start: offered, count: Int(count)))
        for name in context.protocols {
            guard let found = names.first(where: { $0.elementsEqual(name.utf8) }) else { continue }
            chosen?.pointee = found.baseAddress
            chosenCount?.pointee = UInt8(found.count)
            return SSL_TLSEXT_ERR_OK
        }
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }
}

/// The names in a list of ALPN, each behind its length (RFC 7301, section 3.1).
private struct ProtocolNames: Sequence, IteratorProtocol {
    private var rest: Slice<UnsafeBufferPointer<UInt8>>

    init(_ list: UnsafeBufferPointer<UInt8>) {
        self.rest = list[...]
    }

    mutating func next() -> UnsafeBufferPointer<UInt8>? {
        guard let count = self.rest.first, self.rest.count > Int(count) else { return nil }
        let name = UnsafeBufferPointer(rebasing: self.rest.dropFirst().prefix(Int(count)))
        self.rest = self.rest.dropFirst(1 + Int(count))
        return name
    }
}

extension TLSIdentity {
    fileprivate func use(in context: TLSContext) throws(OpenSSLError) {
        try OpenSSLError.require(
            SSL_CTX_use_cert_and_key(context.pointer, self.certificate, self.key, self.chain, 1))
    }

    fileprivate func use(in ssl: OpaquePointer) -> Bool {
        SSL_use_cert_and_key(ssl, self.certificate, self.key, self.chain, 1) == 1
    }
}
