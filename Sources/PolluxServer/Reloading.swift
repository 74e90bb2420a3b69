import Logging
import Synchronization
import UnixSignals

/// Reads anew what can be read anew: at SIGHUP the configuration and certificates, and by itself files of keys that have changed.
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
            await self.reload(because: "SIGHUP")
            for credential in self.server.sites.credentials { credential.reload() }
        }
    }

    /// Reads the configuration anew when a file of keys or secrets has changed; looks every five seconds, until it is cancelled.
    func watchFiles() async {
        var stamps = self.configuration.access.files.map(FileStamp.init)
        while (try? await Task.sleep(for: .seconds(5))) != nil {
            let files = self.configuration.access.files
            let changed = zip(files, zip(files.map(FileStamp.init), stamps)).first { $1.0 != $1.1 }
            guard let changed else { continue }
            await self.reload(because: "the file \(changed.0) of keys has changed")
            stamps = self.configuration.access.files.map(FileStamp.init)
        }
    }

    private func reload(because reason: String) async {
        let change: ConfigurationChange
        do {
            change = ConfigurationChange(from: self.configuration, to: try self.read())
        } catch {
            return self.logger.error(
                "\(reason): the configuration cannot be used; all stays as it was", metadata: ["error": "\(error)"])
        }
        self.running.withLock { $0 = change.configuration }
        await self.server.apply(change.configuration)
        self.report(change, reason)
    }

    private func report(_ change: ConfigurationChange, _ reason: String) {
        var metadata: Logger.Metadata = [:]
        if !change.atOnce.isEmpty { metadata["applied"] = "\(change.atOnce.joined(separator: ", "))" }
        if !change.atNextStart.isEmpty {
            metadata["atNextStart"] = "\(change.atNextStart.joined(separator: ", "))"
        }
        self.logger.notice(
            metadata.isEmpty
                ? "\(reason): the configuration was read anew; nothing in it has changed"
                : "\(reason): the configuration was read anew", metadata: metadata)
    }
}
