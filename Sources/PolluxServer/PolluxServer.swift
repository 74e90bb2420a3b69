import Channels
import HTTPServing
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle
import SQLiteLedger
import Sources
import UnixSignals

/// The server, put together: ledger, bridge, transports and HTTP, as one service that runs until it is told to stop.
public struct PolluxServer: Service {
    private let configuration: ServerConfiguration
    private let logger: Logger
    private let readAgain: @Sendable () throws -> ServerConfiguration
    private let onStart: @Sendable (_ port: Int) -> Void

    /// - Parameters:
    ///   - readAgain: Reads the configuration from where this one came from; called at SIGHUP.
    ///   - onStart: Told the port once connections are taken.
    public init(
        _ configuration: ServerConfiguration, logger: Logger,
        readAgain: (@Sendable () throws -> ServerConfiguration)? = nil,
        onStart: @escaping @Sendable (_ port: Int) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.readAgain = readAgain ?? { configuration }
        self.onStart = onStart
    }

    /// Serves until a graceful shutdown, and drains.
    ///
    /// - Throws: When the ledger cannot be opened, or the address not be bound.
    public func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: self.configuration.loops ?? System.coreCount)
        do {
            try await self.run(on: group)
            try await group.shutdownGracefully()
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private func run(on group: MultiThreadedEventLoopGroup) async throws {
        // Trapped before anything listens: by default this signal ends the process, and an operator may send it as soon as
        // the port is open.
        let hangUps = await UnixSignalsSequence(trapping: .sighup)
        let bridge = try await self.bridge()
        do {
            try await self.serve(bridge, on: group, reloadingOn: hangUps)
        } catch {
            await bridge.close()
            throw error
        }
        await bridge.close()
    }

    private func serve(
        _ bridge: Bridge, on group: MultiThreadedEventLoopGroup, reloadingOn hangUps: UnixSignalsSequence
    ) async throws {
        try self.requireRules()
        let server = try await RunningServer(
            self.configuration, bridge, files: try self.files(),
            sites: try Sites(self.configuration, logger: self.logger), group: group, logger: self.logger)
        let ports = try await server.start()
        server.sites.tell(ports)
        self.logger.info(
            "serving",
            metadata: [
                "loops": "\(self.configuration.loops ?? System.coreCount)",
                "ledger": "\(self.configuration.ledger)", "epoch": "\(bridge.life.epoch)",
            ])
        self.onStart(ports.first ?? 0)
        let reloading = Reloading(self.configuration, server, read: self.readAgain, logger: self.logger)
        try await self.work(with: bridge, server, reloading, on: hangUps)
        await server.drain(within: reloading.configuration.drainTimeout)
    }

    /// What is reached from elsewhere must say who may do what.
    private func requireRules() throws(ConfigurationError) {
        guard self.configuration.access.rules == nil, !self.configuration.access.open else { return }
        let addresses = self.configuration.listen.map(\.host)
        for host in addresses.isEmpty ? [self.configuration.host] : addresses where !Loopback.has(host) {
            throw ConfigurationError(problems: [
                "the server is to listen on \(host), where others reach it, and nothing says who may read and write; "
                    + "give access.rules, or access.open: true if everybody may do everything"
            ])
        }
        self.logger.warning(
            "there are no access rules: who comes from this machine may do everything, and so may others through a proxy on it that does not say for whom it asks",
            metadata: ["remedy": "access.rules"])
    }

    /// The files of the public folder. One that is named must be there; the default may be missing.
    private func files() throws -> StaticFiles? {
        guard let folder = self.configuration.publicFolder else { return nil }
        if let files = StaticFiles(folder: folder) { return files }
        guard folder == ServerConfiguration().publicFolder else {
            throw ConfigurationError(problems: ["publicFolder is \"\(folder)\", but there is no such folder"])
        }
        self.logger.notice("no files are served: there is no such folder", metadata: ["publicFolder": "\(folder)"])
        return nil
    }

    private func bridge() async throws -> Bridge {
        let ledger: any Ledger =
            switch self.configuration.ledger {
            case .sqlite:
                SQLiteLedger(
                    self.configuration.sqlite, settings: self.configuration.ledgerSettings, logger: self.logger)
            case .memory: MemoryLedger(self.configuration.ledgerSettings, totalBytes: self.configuration.memoryBytes)
            }
        return try await Bridge.open(ledger, configuration: self.configuration.bridge)
    }

    /// What goes on beside the connections, until the shutdown.
    private func work(
        with bridge: Bridge, _ server: RunningServer, _ reloading: Reloading, on hangUps: UnixSignalsSequence
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for configuration in self.configuration.sources {
                let source = Source(configuration, bridge: bridge, logger: self.logger)
                group.addTask { try? await source.run() }
            }
            group.addTask {
                await cancelWhenGracefulShutdown {
                    while (try? await Task.sleep(for: .seconds(1))) != nil {
                        bridge.sweep()
                        await server.sweep(reloading.configuration)
                    }
                }
            }
            let credentials = server.sites.credentials
            if !credentials.isEmpty {
                group.addTask { await cancelWhenGracefulShutdown { await Self.watch(credentials) } }
            }
            group.addTask { await cancelWhenGracefulShutdown { await reloading.run(on: hangUps) } }
            group.addTask { await cancelWhenGracefulShutdown { await reloading.watchFiles() } }
            try await group.waitForAll()
        }
    }

    /// Looks every five seconds whether the files of certificates have changed.
    private static func watch(_ credentials: [TLSCredentials]) async {
        while (try? await Task.sleep(for: .seconds(5))) != nil {
            for credential in credentials {
                credential.reloadIfChanged()
                credential.tellExpiry()
            }
        }
    }
}
