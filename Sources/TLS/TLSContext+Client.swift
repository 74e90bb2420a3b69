import COpenSSL

/// Whom a client trusts.
public struct TLSClientConfiguration: Sendable, Equatable {
    public enum Trust: Sendable, Equatable {
        /// The authorities that the system trusts.
        case system
        /// Those in a PEM file.
        case authorities(file: String)
        /// Everybody: the connection is encrypted, but with whom is not known.
        case anybody
    }

    public var trust: Trust
    /// What is offered to be spoken on top, by falling preference, in ALPN's names.
    public var protocols: [String]

    public init(trust: Trust = .system, protocols: [String] = ["http/1.1"]) {
        self.trust = trust
        self.protocols = protocols
    }
}

extension TLSContext {
    /// - Throws: ``InvalidIdentity`` if the file of authorities cannot be read.
    public static func client(_ configuration: TLSClientConfiguration) throws(InvalidIdentity) -> TLSContext {
        do throws(OpenSSLError) {
            let context = try TLSContext(
                isServer: false, protocols: configuration.protocols, verifiesPeer: configuration.trust != .anybody)
            try context.require(version: TLS1_2_VERSION)
            try context.trust(configuration.trust)
            try context.offerProtocols()
            return context
        } catch {
            guard case .authorities(let file) = configuration.trust else { throw InvalidIdentity("\(error)") }
            throw InvalidIdentity("\(file): no certificate in PEM can be read (\(error))")
        }
    }

    private func offerProtocols() throws(OpenSSLError) {
        let list = self.protocols.flatMap { [UInt8(truncatingIfNeeded: $0.utf8.count)] + $0.utf8 }
        // Unlike its neighbours, this one gives 0 for success.
        guard SSL_CTX_set_alpn_protos(self.pointer, list, CUnsignedInt(list.count)) == 0 else { throw .drain() }
    }

    private func trust(_ trust: TLSClientConfiguration.Trust) throws(OpenSSLError) {
        switch trust {
        case .system: try OpenSSLError.require(SSL_CTX_set_default_verify_paths(self.pointer))
        case .authorities(let file): try self.trust(CertificateList(pem: PEMFile(file)))
        case .anybody: return
        }
        SSL_CTX_set_verify(self.pointer, SSL_VERIFY_PEER, nil)
    }
}
