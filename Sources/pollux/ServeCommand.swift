import ArgumentParser
import Channels
import HTTPServing
import Logging
import PolluxServer
import ServiceLifecycle
import TLS
import UnixSignals

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `pollux serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve channels over HTTP until SIGTERM or SIGINT.",
        discussion: """
            Settings come from the file, then from the environment (POLLUX_PORT, POLLUX_LIMITS_EVENT_SIZE, ...), then from
            here. A wrong one stops the start and is named.

              pollux serve --config config/pollux.json
              pollux serve --port 9000 --set stream.heartbeat=5s
              pollux serve --tls-self-signed --port 8443
            """)

    @OptionGroup var options: ConfigurationOptions

    @Flag(
        name: .customLong("tls-self-signed"),
        help: "For development: speak TLS, with a certificate of an authority of its own, kept in data/tls.")
    var isSelfSigned = false

    func run() async throws {
        // Until the server has something to do at this signal, it does nothing.
        signal(SIGHUP, SIG_IGN)
        let limits = SystemLimits.current()
        var configuration = try self.options.load(within: limits)
        var logger = Logger(label: "pollux", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = configuration.logLevel
        logger.info(
            "limit of open files raised",
            metadata: ["openFiles": "\(limits.openFiles)", "connections": "\(configuration.limits.connections)"])
        if self.isSelfSigned { configuration.listen = [try DevelopmentListener.make(configuration, logger: logger)] }
        let listen = configuration.listen
        let server = PolluxServer(configuration, logger: logger) { [options, isSelfSigned] in
            var configuration = try options.load(within: limits)
            if isSelfSigned { configuration.listen = listen }
            return configuration
        }
        let services = ServiceGroup(
            configuration: .init(
                services: [.init(service: server)], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        do {
            try await services.run()
        } catch let error as LedgerError {
            throw ServeFailure(description: "the server cannot run: \(error.advice)")
        } catch {
            throw ServeFailure(description: "the server cannot run: \(error)")
        }
    }
}

extension ConfigurationOptions {
    /// The configuration, as far as the system can give what it asks for.
    ///
    /// - Throws: ``ConfigurationError`` with all that is wrong.
    fileprivate func load(within limits: SystemLimits) throws -> ServerConfiguration {
        var configuration = try self.load().server
        let problems = limits.problems(of: configuration)
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        configuration.connections = configuration.connections ?? OpenFiles.connections(within: limits.openFiles)
        return configuration
    }
}

/// Why the server has stopped, or never begun.
private struct ServeFailure: Error, CustomStringConvertible {
    let description: String
}
