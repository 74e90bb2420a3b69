import JSON
import NIOCore
import NIOHTTP1
public import TLS

/// Publishes events to a channel, one after the other, over one connection as long as it lasts.
///
/// The next event is sent when the last was answered: so they are kept in their order, also when the server refuses one
/// for the moment. When to try again is decided by ``PublishRetries``.
public struct Publisher: Sendable {
    private let connector: Connector
    private let channel: String
    private let clock: any Clock<Duration>

    /// Sets a publisher up; it connects when there is something to publish.
    ///
    /// - Parameters:
    ///   - server: Where the channel is.
    ///   - channel: Its name; the server says whether it is valid.
    ///   - trust: Whom to trust, where the server is spoken to by TLS.
    ///   - clock: What the time until the next attempt is measured by.
    public init(
        _ server: ServerURL, channel: String, trust: TLSClientConfiguration.Trust = .system,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.connector = Connector(server: server, trust: trust)
        self.channel = channel
        self.clock = clock
    }

    /// Publishes all events.
    ///
    /// An event may be published twice only if it has a key, which makes the second time void; see ``PublishRetries``.
    ///
    /// - Parameters:
    ///   - next: Asked for the next event when all before are published; `nil` ends it.
    ///   - published: Told the id of each event.
    /// - Throws: ``ClientError``: the event that was asked for last is not published, or, after
    ///   ``ClientError/lost(_:)``, perhaps. What `next` throws; `CancellationError`.
    public func publish(
        next: () async throws -> OutgoingEvent?, published: (String) async -> Void
    ) async throws {
        var retries = PublishRetries()
        var pending = try await next()
        while pending != nil {
            do {
                try await self.connector.withConnection { connection in
                    while let event = pending {
                        let id = try await self.publish(event, on: &connection)
                        retries.succeeded()
                        await published(id)
                        pending = try await next()
                        guard connection.isReusable else { return }
                    }
                }
            } catch let error as ClientError {
                try Task.checkCancellation()
                let delay = try retries.failed(error, hasKey: pending?.key != nil)
                try await self.clock.sleep(for: delay)
            }
        }
    }

    /// - Returns: The event's id.
    private func publish(
        _ event: OutgoingEvent, on connection: inout ClientConnection
    ) async throws(ClientError) -> String {
        let head = try await connection.send(.publish(event, to: self.channel))
        guard head.status == .created || head.status == .ok else { throw .refused(try await connection.problem(head)) }
        let content = try await connection.content(atMost: 64 << 10)
        let members = try? JSONValue(parsing: Array(content.readableBytesView))
        guard let id = members?["id"]?.stringValue else { throw .unreadable("it does not name the event's id") }
        return id
    }
}
