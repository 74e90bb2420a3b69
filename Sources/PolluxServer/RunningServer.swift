import Access
import Channels
import HTTPServing
import Logging
import NIOPosix
import Doors
import Fanout

/// What was put together for a server that runs, and how it takes on new settings while it does.
struct RunningServer: Sendable {
    let sites: Sites
    private let sessions: Sessions?
    private let channels: ChannelResource
    private let health: Health
    private let files: StaticFiles?
    private let http: HTTPServer
    private let bridge: Bridge
    private let revocations: Revocations
    private let logger: Logger

    init(
        _ configuration: ServerConfiguration, _ bridge: Bridge, files: StaticFiles?, sites: Sites,
        group: MultiThreadedEventLoopGroup, logger: Logger
    ) async throws {
        // Counting readers costs something with every poll, so it is done only where somebody looks.
        let sessions = logger.logLevel <= .debug ? Sessions(ReaderLog(logger: logger)) : nil
        let revocations = Revocations()
        try await revocations.load(from: bridge)
        let access = configuration.access.policy(revocations, bridge)
        let channels = try await ChannelResource(
            bridge, configuration: configuration.transports, access: access,
            cors: Self.cors(configuration, sites), group: group, sessions: sessions)
        let health = Health(bridge, credentials: sites.credentials)
        let door = Self.accessDoor(configuration, access, channels, bridge, sites, logger)
        let settings = Self.settings(configuration, access, channels, door, health, files, sites)
        self.http = try await HTTPServer(sites.listeners, settings: settings, group: group, logger: logger)
        self.bridge = bridge
        self.revocations = revocations
        self.sites = sites
        self.sessions = sessions
        self.channels = channels
        self.health = health
        self.files = files
        self.logger = logger
    }

    /// Begins to listen. Returns the ports, in the order of the listeners.
    func start() async throws -> [Int] { try await self.http.start() }

    /// Takes on what a configuration says of settings that may change while the server runs.
    func apply(_ configuration: ServerConfiguration) async {
        let access = configuration.access.policy(self.revocations, self.bridge)
        let channels = self.channels.under(
            configuration.transports, access, Self.cors(configuration, self.sites))
        let door = Self.accessDoor(configuration, access, channels, self.bridge, self.sites, self.logger)
        await self.http.apply(Self.settings(configuration, access, channels, door, self.health, self.files, self.sites))
        try? await channels.judgeReaders()
    }

    /// Ends the sessions that nobody goes on with, and forgets what was taken back and is over; to be called about once a second.
    func sweep(_ configuration: ServerConfiguration) {
        self.revocations.sweep(at: WallClock.system.milliseconds())
        // As many as there may be connections: who comes by a token of his own each time makes no more.
        self.sessions?.sweep(
            linger: configuration.transports.pollLinger, keeping: configuration.limits.connections)
    }

    /// Brings all answers to their end.
    func drain(within timeout: Duration) async {
        self.logger.info("draining", metadata: ["connections": "\(self.http.connectionCount)"])
        self.health.drain()
        await self.http.drain(within: timeout)
        self.logger.info("stopped")
    }

    private static func accessDoor(
        _ configuration: ServerConfiguration, _ access: AccessPolicy, _ channels: ChannelResource, _ bridge: Bridge,
        _ sites: Sites, _ logger: Logger
    ) -> AccessDoor {
        AccessDoor(
            access, channels, bridge, cors: Self.cors(configuration, sites),
            ticketLifetime: configuration.access.ticketLifetime, logger: logger)
    }

    private static func settings(
        _ configuration: ServerConfiguration, _ access: AccessPolicy, _ channels: ChannelResource, _ door: AccessDoor,
        _ health: Health, _ files: StaticFiles?, _ sites: Sites
    ) -> ServingSettings {
        let cors = Self.cors(configuration, sites)
        let router = Router(
            doors: [NativeDoor(channels, cors: cors), door], health: health, files: files, access: access, cors: cors)
        return ServingSettings(
            responder: router, limits: configuration.limits, cors: cors, forwarding: configuration.forwarding)
    }

    private static func cors(_ configuration: ServerConfiguration, _ sites: Sites) -> CORS {
        CORS(
            allowed: configuration.corsOrigins, requestHeaders: configuration.corsHeaders,
            ownOrigins: sites.ownOrigins(configuration.publicOrigins))
    }
}
