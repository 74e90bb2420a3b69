import Logging
import UnixSignals

/// Reads anew, at SIGHUP, what can be read anew: the configuration, and certificates.
struct Reloading: Sendable {
    let server: RunningServer
    /// Reads the configuration from where it came from at the start.
    let read: @Sendable () throws -> ServerConfiguration
    let logger: Logger

    /// Returns when there are no more signals.
    ///
    /// - Parameter running: What the server was started with. What is taken on later reaches a stop through `adopted`.
    func run(
        _ running: ServerConfiguration, on hangUps: UnixSignalsSequence,
        adopted: @Sendable (ServerConfiguration) -> Void
    ) async {
        var running = running
        for await _ in hangUps {
            if let change = self.change(of: running) {
                running = change.configuration
                await self.server.apply(running)
                adopted(running)
                self.report(change)
            }
            for credential in self.server.sites.credentials { credential.reload() }
        }
    }

    /// `nil` if what is there now cannot be used.
    private func change(of running: ServerConfiguration) -> ConfigurationChange? {
        do {
            return ConfigurationChange(from: running, to: try self.read())
        } catch {
            self.logger.error(
                "SIGHUP: the configuration cannot be used; all stays as it was", metadata: ["error": "\(error)"])
            return nil
        }
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
