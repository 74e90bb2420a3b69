public import TLS

/// The files and rules of a listener with TLS.
public struct TLSFiles: Sendable, Equatable {
    /// PEM files of a certificate with its chain, and of its key; one file may hold both.
    public struct Identity: Sendable, Equatable {
        public var certificate: String
        public var key: String

        public init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    public var identities: [Identity]
    public var policy = TLSPolicy.intermediate
    /// A PEM file with the authorities of clients; without one, clients are not asked for certificates.
    public var clientAuthorities: String?
    public var clientCertificates = TLSServerConfiguration.ClientCertificates.required
    /// For how long browsers are told to come by TLS only; not told without.
    public var transportSecurity: Duration?

    public init(identities: [Identity]) {
        self.identities = identities
    }

    /// Reads all of them.
    ///
    /// - Throws: `InvalidIdentity`, naming the file.
    func load() throws(InvalidIdentity) -> TLSServerConfiguration {
        var loaded: [TLSIdentity] = []
        for files in self.identities {
            loaded.append(try TLSIdentity(certificateFile: files.certificate, keyFile: files.key))
        }
        var configuration = TLSServerConfiguration(identities: loaded)
        configuration.policy = self.policy
        configuration.clientAuthorities = self.clientAuthorities
        configuration.clientCertificates = self.clientCertificates
        return configuration
    }

    var paths: [String] {
        self.identities.flatMap { [$0.certificate, $0.key] } + (self.clientAuthorities.map { [$0] } ?? [])
    }
}
