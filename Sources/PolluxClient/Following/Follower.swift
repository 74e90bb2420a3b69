public import TLS

/// Follows channels for ever: whatever happens to the connection, it comes back with its cursor, so that no event is
/// lost or repeated; what the server no longer has is told as a gap.
///
/// When to come back, and where to go on, is decided by ``FollowerStateMachine``; how the answers are read is in
/// `Follower+Reading.swift`.
public struct Follower: Sendable {
    /// How the server is asked to send the events.
    public enum Transport: String, CaseIterable, Sendable {
        /// A stream of events that stays open.
        case sse
        /// Long polling: each request is answered with the events since the last.
        case poll
    }

    /// Where to begin.
    public enum Start: Equatable, Sendable {
        /// With the first event that is published from now on.
        case now
        /// With the first event that the server still has.
        case earliest
        /// With the last so many events, over all channels.
        case last(Int)
        /// Behind the event with this id.
        case after(String)
    }

    /// What a follower tells.
    public enum Occurrence: Equatable, Sendable {
        case event(FollowedEvent)
        case gap(Gap)
        /// The connection is gone, for this reason; the next attempt is made after this time.
        case reconnecting(ClientError, after: Duration)
    }

    var connector: Connector
    let channels: [String]
    let transport: Transport
    private let start: Start
    let clock: any Clock<Duration>
    /// By this the server knows that the requests of this follower are those of one reader, over all connections.
    let session = String(UInt64.random(in: .min ... .max), radix: 36)

    /// Sets a follower up; it does nothing before ``run(_:)``.
    ///
    /// - Parameters:
    ///   - server: Where the channels are.
    ///   - channels: Their names, at least one; the server says whether they are valid.
    ///   - trust: Whom to trust, where the server is spoken to by TLS.
    ///   - clock: What the time until the next attempt is measured by.
    public init(
        _ server: ServerURL, channels: [String], transport: Transport = .sse, start: Start = .now,
        trust: TLSClientConfiguration.Trust = .system, clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.connector = Connector(server: server, trust: trust)
        self.channels = channels
        self.transport = transport
        self.start = start
        self.clock = clock
    }

    /// Hands on what happens, in its order, one by one, until `handle` returns `false` or the server ends it for good
    /// (204).
    ///
    /// While `handle` takes its time nothing more is read than a few parts; the server does not wait for it.
    ///
    /// - Throws: ``ClientError/refused(_:)`` and ``ClientError/unusable(_:)`` for what does not pass by itself, such as a name
    ///   that is not valid;
    ///   ``ClientError/unreadable(_:)`` if there is something else than a Pollux server; `CancellationError`.
    public func run(_ handle: (Occurrence) async -> Bool) async throws {
        var machine = FollowerStateMachine(self.start)
        var goesOn = true
        while goesOn {
            do {
                goesOn = try await self.connector.withConnection { connection in
                    switch self.transport {
                    case .sse: try await self.readStream(on: &connection, &machine, handle)
                    case .poll: try await self.poll(on: &connection, &machine, handle)
                    }
                }
            } catch let error as ClientError {
                try Task.checkCancellation()
                let delay = try machine.failed(error)
                guard await handle(.reconnecting(error, after: delay)) else { return }
                try await self.clock.sleep(for: delay)
            }
        }
    }
}
