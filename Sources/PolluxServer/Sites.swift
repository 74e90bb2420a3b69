import HTTPServing
import Logging
import TLS

/// Where the server listens, with the certificates that are shown there.
struct Sites {
    private(set) var listeners: [Listener] = []
    private(set) var credentials: [TLSCredentials] = []
    private let logger: Logger

    /// - Throws: `InvalidIdentity` if a certificate cannot be used.
    init(_ configuration: ServerConfiguration, logger: Logger) throws(InvalidIdentity) {
        self.logger = logger
        if configuration.listen.isEmpty {
            self.listeners = [Listener(host: configuration.host, port: configuration.port)]
        }
        for listen in configuration.listen {
            var listener = Listener(host: listen.host, port: listen.port)
            listener.redirects = listen.redirects
            listener.proxyProtocol = listen.proxyProtocol
            if let files = listen.tls {
                let credential = try TLSCredentials(files, logger: logger)
                self.credentials.append(credential)
                listener.tls = { credential.context }
                listener.transportSecurity = files.transportSecurity.map { Int($0.components.seconds) }
            }
            self.listeners.append(listener)
        }
    }

    /// What counts as the server's own origin.
    ///
    /// - Parameter publicOrigins: The only ones, besides addresses, where there are any. Otherwise the names are known by
    ///   which the server is reached: those of its certificates and listeners, and of the loopback.
    func ownOrigins(_ publicOrigins: [String]) -> OwnOrigins {
        guard publicOrigins.isEmpty else { return OwnOrigins(Set(publicOrigins.compactMap { Origin($0) })) }
        let hosts = Set(self.listeners.map { $0.host.lowercased() })
        return OwnOrigins { [credentials] name in
            name == "localhost" || name.hasSuffix(".localhost") || hosts.contains(name)
                || credentials.contains { $0.isNamed(name) }
        }
    }

    /// Logs where connections are taken.
    func tell(_ ports: [Int]) {
        for (listener, port) in zip(self.listeners, ports) {
            var metadata: Logger.Metadata = ["host": "\(listener.host)", "port": "\(port)"]
            if listener.tls != nil { metadata["tls"] = "\(TLSLibrary.version)" }
            if listener.proxyProtocol { metadata["proxyProtocol"] = "true" }
            if listener.redirects { metadata["redirect"] = "https" }
            self.logger.info("listening", metadata: metadata)
        }
        for credential in self.credentials { credential.tellExpiry() }
    }
}
