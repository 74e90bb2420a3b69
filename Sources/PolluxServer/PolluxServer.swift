import Channels
import HTTPServing
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle
import SQLiteLedger
import Transports
import UnixSignals

/// The server, put together: ledger, bridge, transports and HTTP, as one service that runs until it is told to stop.
public struct PolluxServer: Service {
    private let configuration: ServerConfiguration
    private let logger: Logger
    private let onStart: @Sendable (_ port: Int) -> Void

    /// - Parameter onStart: Told the port once connections are taken.
    public init(
        _ configuration: ServerConfiguration, logger: Logger,
        onStart: @escaping @Sendable (_ port: Int) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
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
        // From here on, so that nobody ends the server by telling it to read its files anew.
        let hangUps = await UnixSignalsSequence(trapping: .sighup)
        let bridge = try self.bridge()
        defer { bridge.close() }
        let sites = try Sites(self.configuration, logger: self.logger)
        let cors = CORS(
            allowed: self.configuration.corsOrigins, requestHeaders: self.configuration.corsHeaders,
            ownOrigins: sites.ownOrigins(self.configuration.publicOrigins))
        let router = Router(
            channels: try await ChannelResource(bridge, configuration: self.configuration.transports, group: group),
            files: try self.files(),
            cors: cors, credentials: sites.credentials)
        var http = self.configuration.http
        http.cors = cors
        http.listeners = sites.listeners
        let server = try await HTTPServer(http, responder: router, group: group, logger: self.logger)
        let ports = try await server.start()
        sites.tell(ports)
        self.logger.info(
            "serving",
            metadata: [
                "loops": "\(self.configuration.loops ?? System.coreCount)",
                "ledger": "\(self.configuration.ledger)", "epoch": "\(bridge.epoch)",
            ])
        self.onStart(ports.first ?? 0)
        try await self.work(with: bridge, sites.credentials, reloadingOn: hangUps)
        self.logger.info("draining", metadata: ["connections": "\(server.connectionCount)"])
        router.drain()
        await server.drain(within: self.configuration.drainTimeout)
        self.logger.info("stopped")
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

    private func bridge() throws -> Bridge {
        let ledger: any Ledger =
            switch self.configuration.ledger {
            case .sqlite: SQLiteLedger(self.configuration.sqlite, logger: self.logger)
            case .memory: MemoryLedger(self.configuration.memory)
            }
        return try Bridge(ledger: ledger, configuration: self.configuration.bridge)
    }

    /// What goes on beside the connections, until the shutdown.
    private func work(
        with bridge: Bridge, _ credentials: [TLSCredentials], reloadingOn hangUps: UnixSignalsSequence
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for configuration in self.configuration.sources {
                let source = Source(configuration: configuration, bridge: bridge, logger: self.logger)
                group.addTask { try? await source.run() }
            }
            group.addTask {
                await cancelWhenGracefulShutdown {
                    while (try? await Task.sleep(for: .seconds(1))) != nil { bridge.sweep() }
                }
            }
            if !credentials.isEmpty {
                group.addTask { await cancelWhenGracefulShutdown { await Self.watch(credentials) } }
            }
            group.addTask { await cancelWhenGracefulShutdown { await self.reload(credentials, on: hangUps) } }
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

    /// Reads anew what can be read anew, whenever the server is told to.
    private func reload(_ credentials: [TLSCredentials], on hangUps: UnixSignalsSequence) async {
        for await _ in hangUps {
            if credentials.isEmpty {
                self.logger.notice(
                    "SIGHUP: only certificates are read anew, and there are none; settings need a restart")
            }
            for credential in credentials { credential.reload() }
        }
    }
}
