import Access
import Channels
import HTTPServing
import Logging
import NIOPosix
import Doors
import Fanout
import Synchronization

/// What was put together for a server that runs, and how it takes on new settings while it does.
final class RunningServer: Sendable {
    /// What a change of the settings replaces.
    private struct Current {
        var limits: AccessLimits
        var channels: ChannelResource
    }

    private let parts: Parts
    private let sessions: Sessions?
    private let current: Mutex<Current>
    private let http: HTTPServer

    init(
        _ configuration: ServerConfiguration, _ bridge: Bridge, files: StaticFiles?, sites: Sites,
        group: MultiThreadedEventLoopGroup, logger: Logger
    ) async throws {
        // Counting readers costs something with every poll, so it is done only where somebody looks.
        let sessions = logger.logLevel <= .debug ? Sessions(ReaderLog(logger: logger)) : nil
        let parts = Parts(bridge, files: files, sites: sites, logger: logger)
        try await parts.services.load()
        let limits = AccessLimits(configuration.access.limits)
        let access = parts.access(configuration)
        let channels = try await ChannelResource(
            bridge, configuration: configuration.transports, access: access, limits: limits,
            cors: parts.cors(configuration), group: group, sessions: sessions, logger: logger)
        self.http = try await HTTPServer(
            sites.listeners, settings: parts.settings(configuration, access, channels, limits), group: group,
            logger: logger)
        self.parts = parts
        self.sessions = sessions
        self.current = Mutex(Current(limits: limits, channels: channels))
    }

    var sites: Sites { self.parts.sites }

    /// Begins to listen. Returns the ports, in the order of the listeners.
    func start() async throws -> [Int] { try await self.http.start() }

    /// Takes on what a configuration says of settings that may change while the server runs.
    func apply(_ configuration: ServerConfiguration) async {
        let access = self.parts.access(configuration)
        let current = self.current.withLock { current in
            current.limits = AccessLimits(configuration.access.limits, after: current.limits)
            current.channels = current.channels.under(
                configuration.transports, access, current.limits, self.parts.cors(configuration))
            return current
        }
        await self.http.apply(self.parts.settings(configuration, access, current.channels, current.limits))
        try? await current.channels.judgeReaders()
    }

    /// Ends the sessions that nobody goes on with, forgets what was taken back and is over, and logs what limits have refused; to be
    /// called about once a second.
    func sweep(_ configuration: ServerConfiguration) async {
        let current = self.current.withLock { $0 }
        if self.parts.services.sweep() { try? await current.channels.judgeReaders() }
        // As many as there may be connections: who comes by a token of his own each time makes no more.
        self.sessions?.sweep(
            linger: configuration.transports.pollLinger, keeping: configuration.limits.connections)
        RefusalLog(logger: self.parts.logger).write(current.limits.refusals.take())
    }

    /// Brings all answers to their end.
    func drain(within timeout: Duration) async {
        self.parts.logger.info("draining", metadata: ["connections": "\(self.http.connectionCount)"])
        self.parts.health.drain()
        await self.http.drain(within: timeout)
        await self.parts.services.shutdown()
        self.parts.logger.info("stopped")
    }
}

/// What stays as it is, whatever the settings of a server that runs.
private struct Parts: Sendable {
    let sites: Sites
    let health: Health
    let services: AccessServices
    let logger: Logger
    private let bridge: Bridge
    private let files: StaticFiles?
    private let proxyWarning: ProxyWarning

    init(_ bridge: Bridge, files: StaticFiles?, sites: Sites, logger: Logger) {
        self.services = AccessServices(bridge, logger: logger)
        self.sites = sites
        self.health = Health(bridge, credentials: sites.credentials)
        self.logger = logger
        self.bridge = bridge
        self.files = files
        self.proxyWarning = ProxyWarning(logger: logger)
    }

    func access(_ configuration: ServerConfiguration) -> AccessPolicy {
        self.services.policy(configuration.access)
    }

    func settings(
        _ configuration: ServerConfiguration, _ access: AccessPolicy, _ channels: ChannelResource,
        _ limits: AccessLimits
    ) -> ServingSettings {
        let cors = self.cors(configuration)
        let door = AccessDoor(
            access, channels, self.bridge, cors: cors, ticketLifetime: configuration.access.ticketLifetime,
            logger: self.logger)
        let router = Router(
            doors: [NativeDoor(channels, cors: cors), door], health: self.health, files: self.files, access: access,
            cors: cors, proxyWarning: configuration.forwarding.field == .none ? self.proxyWarning : nil)
        return ServingSettings(
            responder: router, limits: configuration.limits, cors: cors, forwarding: configuration.forwarding,
            admission: AddressAdmission(limits))
    }

    func cors(_ configuration: ServerConfiguration) -> CORS {
        CORS(
            allowed: configuration.corsOrigins, requestHeaders: configuration.corsHeaders,
            ownOrigins: self.sites.ownOrigins(configuration.publicOrigins))
    }
}
