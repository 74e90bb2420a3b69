import EventStream
import NIOCore
import NIOHTTP1

/// What is read on one connection. Each function returns whether another connection is to follow, and throws what
/// ``FollowerStateMachine/failed(_:)`` decides about.
extension Follower {
    /// The most bytes of one event in a stream: more than a server takes, however it is escaped.
    private static let eventLimit = 16 << 20
    /// The most bytes of a poll's answer.
    private static let answerLimit = 256 << 20

    func readStream(
        on connection: inout ClientConnection, _ machine: inout FollowerStateMachine,
        _ handle: (Occurrence) async -> Bool
    ) async throws -> Bool {
        let head = try await connection.send(.stream(self.channels, from: machine.place, session: self.session))
        guard try await self.isToBeRead(head, "text/event-stream", on: &connection) else { return false }
        machine.streamBegan()
        var parser = EventStreamParser(maximumEventSize: Self.eventLimit)
        while let part = try await connection.nextPart() {
            for output in try Self.outputs(of: &parser, part) {
                guard let occurrence = try machine.received(output) else { continue }
                guard await handle(occurrence) else { return false }
            }
        }
        throw ClientError.lost("the server ended the stream")
    }

    private static func outputs(
        of parser: inout EventStreamParser, _ part: ByteBuffer
    ) throws(ClientError) -> [EventStreamParser.Output] {
        var outputs: [EventStreamParser.Output] = []
        do throws(EventStreamParser.EventTooLarge) {
            try parser.parse(part.readableBytesUInt8Span) { outputs.append($0) }
        } catch {
            throw .unreadable("an event has more than \(error.maximumEventSize) bytes")
        }
        return outputs
    }

    func poll(
        on connection: inout ClientConnection, _ machine: inout FollowerStateMachine,
        _ handle: (Occurrence) async -> Bool
    ) async throws -> Bool {
        repeat {
            var head = HTTPResponseHead(version: .http1_1, status: .ok)
            let held = try await self.clock.measure {
                head = try await connection.send(.poll(self.channels, from: machine.place, session: self.session))
            }
            guard try await self.isToBeRead(head, "application/json", on: &connection) else { return false }
            let answer = try PollAnswer(parsing: try await connection.content(atMost: Self.answerLimit))
            let pause = machine.received(answer, heldFor: held)
            for occurrence in answer.occurrences {
                guard await handle(occurrence) else { return false }
            }
            if pause > .zero { try await self.clock.sleep(for: pause) }
        } while connection.isReusable
        return true
    }

    /// Looks at the head of an answer.
    ///
    /// - Returns: `false` if the server says that there will never be anything (WHATWG HTML, section 9.2.3).
    private func isToBeRead(
        _ head: HTTPResponseHead, _ mediaType: String, on connection: inout ClientConnection
    ) async throws(ClientError) -> Bool {
        switch head.status {
        case .ok:
            let found = head.headers.first(name: "Content-Type") ?? "nothing"
            guard found.lowercased().hasPrefix(mediaType) else {
                throw .unreadable("its content is \(found), not \(mediaType)")
            }
            return true
        case .noContent: return false
        default: throw .refused(try await connection.problem(head))
        }
    }
}

extension PollAnswer {
    /// What it tells, in its order.
    fileprivate var occurrences: [Follower.Occurrence] {
        (self.gap.map { [.gap($0)] } ?? []) + self.events.map { .event($0) }
    }
}
