import Logging
import Synchronization
import UnixSignals

/// Reads anew, at SIGHUP, what can be read anew: the configuration, and certificates.
final class Reloading: Sendable {
    private let server: RunningServer
    private let read: @Sendable () throws -> ServerConfiguration
    private let logger: Logger
    private let running: Mutex<ServerConfiguration>

    /// - Parameter read: Reads the configuration from where it came from at the start.
    init(
        _ configuration: ServerConfiguration, _ server: RunningServer,
        read: @escaping @Sendable () throws -> ServerConfiguration, logger: Logger
    ) {
        self.server = server
        self.read = read
        self.logger = logger
        self.running = Mutex(configuration)
    }

    /// What holds now.
    var configuration: ServerConfiguration { self.running.withLock { $0 } }

    /// Returns when there are no more signals.
    func run(on hangUps: UnixSignalsSequence) async {
        for await _ in hangUps {
            await self.reload()
            for credential in self.server.sites.credentials { credential.reload() }
        }
    }

    private func reload() async {
        let change: ConfigurationChange
        do {
            change = ConfigurationChange(from: self.configuration, to: try self.read())
        } catch {
            return self.logger.error(
                "SIGHUP: the configuration cannot be used; all stays as it was", metadata: ["error": "\(error)"])
        }
        self.running.withLock { $0 = change.configuration }
        await self.server.apply(change.configuration)
        self.report(change)
    }

    private func report(_ change: ConfigurationChange) {
        var metadata: Logger.Metadata = [:]
        if !change.atOnce.isEmpty { metadata["applied"] = "\(change.atOnce.joined(separator: ", "))" }
        if !change.atNextStart.isEmpty {
            metadata["atNextStart"] = "\(change.atNextStart.joined(separator: ", "))"
        }
        self.logger.notice(
            metadata.isEmpty
                ? "SIGHUP: the configuration was read anew; no setting has changed"
                : "SIGHUP: the configuration was read anew", metadata: metadata)
    }
}
