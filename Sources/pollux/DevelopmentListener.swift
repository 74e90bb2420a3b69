import ArgumentParser
import HTTPServing
import Logging
import PolluxServer
import TLS

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `--tls-self-signed`: TLS without a certificate that somebody else has signed.
enum DevelopmentListener {
    private static let folder = "data/tls"

    /// Makes the certificate where there is none, and says how to trust it.
    static func make(_ configuration: ServerConfiguration, logger: Logger) throws -> ListenConfiguration {
        guard configuration.listen.isEmpty else {
            throw ValidationError("--tls-self-signed and listen both say where to listen; give one of them")
        }
        try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
        let authority = DevelopmentAuthority(folder: self.folder)
        try authority.prepare(names: ["localhost", "127.0.0.1", "::1"])
        var listener = ListenConfiguration(host: configuration.host, port: configuration.port)
        listener.tls = TLSFiles(
            identities: [.init(certificate: authority.certificateFile, key: authority.keyFile)])
        logger.notice(
            "for development only: trust the authority to see no warnings",
            metadata: [
                "authority": "\(authority.authorityFile)",
                "curl": "curl --cacert \(authority.authorityFile) https://localhost:\(listener.port)/",
                "pollux":
                    "pollux tail date --server https://localhost:\(listener.port) --cacert \(authority.authorityFile)",
            ])
        return listener
    }
}
