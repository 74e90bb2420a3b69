import NIOCore
import NIOHTTP1
import Testing

@testable import PolluxClient

@Suite(.timeLimit(.minutes(1))) struct FollowerTests {
    private let clock = TestClock()

    private func block(_ number: Int, type: String = "t", data: String = "d") -> String {
        "id: e-\(number)\ndata: {\"channel\":\"c\",\"event\":\"\(type)\",\"data\":\"\(data)\"}\n\n"
    }

    private func event(_ number: Int, type: String = "t", data: String = "d") -> Follower.Occurrence {
        .event(FollowedEvent(id: "e-\(number)", channel: "c", type: type, data: data))
    }

    private func pollAnswer(_ numbers: [Int], next: Int, gap: String = "null", headers: String = "") -> Reply {
        let events = numbers.map { #"{"id":"e-\#($0)","channel":"c","event":"t","data":"d","time":0}"# }
        let content = #"{"events":[\#(events.joined(separator: ","))],"next":"e-\#(next)","gap":\#(gap)}"#
        return .answer("200 OK", content, headers: headers)
    }

    /// What a follower tells, but for reconnects, up to `count` events and gaps.
    private func follow(
        _ server: ServerURL, _ transport: Follower.Transport = .sse, _ start: Follower.Start = .now, count: Int = .max,
        silence: TimeAmount = .seconds(45), _ isToldReconnect: (ClientError) -> Void = { _ in }
    ) async throws -> [Follower.Occurrence] {
        var follower = Follower(server, channels: ["c"], transport: transport, start: start, clock: clock)
        follower.connector.silenceLimit = silence
        var occurrences: [Follower.Occurrence] = []
        try await follower.run { occurrence in
            if case .reconnecting(let error, _) = occurrence {
                isToldReconnect(error)
            } else {
                occurrences.append(occurrence)
            }
            return occurrences.count < count
        }
        return occurrences
    }

    // MARK: Streams

    @Test("a stream's events are handed on, however the chunks are cut")
    func chunks() async throws {
        let text = "retry: 3000\n" + block(1) + block(2, data: "é")
        let chunks = text.unicodeScalars.map { String($0) }
        try await ScriptedServer.run([.stream(chunks, end: .keepAlive)]) { url, _ in
            let occurrences = try await follow(url, count: 2)
            #expect(occurrences == [event(1), event(2, data: "é")])
        }
    }

    @Test("after a stream's end it goes on behind the last event")
    func end() async throws {
        let replies: [Reply] = [.stream(["retry: 3000\n", block(1)], isComplete: true), .stream([block(2)])]
        try await ScriptedServer.run(replies) { url, server in
            var errors: [ClientError] = []
            let occurrences = try await follow(url, count: 2) { errors.append($0) }
            #expect(occurrences == [event(1), event(2)])
            #expect(server.targets.last?.hasSuffix("&after=e-1") == true)
            #expect(errors == [.lost("the server ended the stream")])
            #expect((.seconds(3) ... .milliseconds(4_500)).contains(clock.now.sinceStart))
        }
    }

    @Test("an event that is cut off is asked for again, and not handed on twice")
    func cut() async throws {
        let replies: [Reply] = [.stream([block(1), String(block(2).dropLast(1))]), .stream([block(2), block(3)])]
        try await ScriptedServer.run(replies) { url, server in
            let occurrences = try await follow(url, count: 3)
            #expect(occurrences == [event(1), event(2), event(3)])
            #expect(server.targets.last?.hasSuffix("&after=e-1") == true)
        }
    }

    @Test("a stream cut off before its first event goes on where it began")
    func cutBeforeEvents() async throws {
        try await ScriptedServer.run([.stream(["id: e-7\n\n"]), .stream([block(8)])]) { url, server in
            let occurrences = try await follow(url, count: 1)
            #expect(occurrences == [event(8)])
            #expect(server.targets.map { $0.split(separator: "&").last } == ["since=now", "after=e-7"])
        }
    }

    @Test("a connection that is closed without an answer is replaced")
    func noAnswer() async throws {
        try await ScriptedServer.run([.none, .none, .stream([block(1)])]) { url, server in
            let occurrences = try await follow(url, count: 1)
            #expect(occurrences == [event(1)])
            #expect(server.requests.map(\.connection) == [1, 2, 3])
        }
    }

    @Test(
        "all requests of a follower name one session, and another follower names another",
        arguments: Follower.Transport.allCases)
    func session(_ transport: Follower.Transport) async throws {
        let replies: [Reply] = Array(repeating: .answer("503 Service Unavailable"), count: 4)
        try await ScriptedServer.run(replies) { url, server in
            for _ in 1...2 {
                var attempts = 0
                try await Follower(url, channels: ["c"], transport: transport, clock: clock).run { _ in
                    attempts += 1
                    return attempts < 2
                }
            }
            let sessions = server.targets.map { $0.split(separator: "&").first { $0.hasPrefix("session=") } }
            #expect(sessions[0] == sessions[1] && sessions[2] == sessions[3] && sessions[1] != sessions[2])
            #expect(sessions.allSatisfy { $0?.wholeMatch(of: /session=[A-Za-z0-9_-]{1,64}/) != nil })
        }
    }

    @Test("a server that has no time now is asked again when it says")
    func unavailable() async throws {
        let busy = Reply.answer("503 Service Unavailable", headers: "Retry-After: 20\r\n")
        try await ScriptedServer.run([busy, .stream([block(1)])]) { url, _ in
            let occurrences = try await follow(url, count: 1)
            #expect(occurrences == [event(1)])
            #expect((.seconds(20) ... .seconds(30)).contains(clock.now.sinceStart))
        }
    }

    @Test("a gap is handed on in its place")
    func gap() async throws {
        let gap = #"{"reason":"trimmed","after":"e-1","resumedAt":"e-9"}"#
        let stream = Reply.stream(["event: pollux.gap\ndata: \(gap)\n\n" + block(9)])
        try await ScriptedServer.run([stream]) { url, _ in
            let expected = [.gap(Gap(reason: "trimmed", after: "e-1", resumedAt: "e-9")), event(9)]
            let occurrences = try await follow(url, .sse, .after("e-1"), count: 2)
            #expect(occurrences == expected)
        }
    }

    @Test("204 ends it for good", arguments: Follower.Transport.allCases)
    func noContent(_ transport: Follower.Transport) async throws {
        try await ScriptedServer.run([Reply(text: "HTTP/1.1 204 No Content\r\n\r\n")]) { url, server in
            let occurrences = try await follow(url, transport)
            #expect(occurrences == [])
            #expect(server.requests.count == 1)
        }
    }

    @Test("a refusal ends it with the server's words", arguments: Follower.Transport.allCases)
    func refusal(_ transport: Follower.Transport) async throws {
        let reply = Reply.answer("400 Bad Request", #"{"title":"Bad request","detail":"channel: ..."}"#)
        try await ScriptedServer.run([reply]) { url, _ in
            let problem = ServerProblem(status: 400, title: "Bad request", detail: "channel: ...")
            await #expect(throws: ClientError.refused(problem)) { try await follow(url, transport) }
        }
    }

    @Test("another content than was asked for ends it", arguments: Follower.Transport.allCases)
    func otherContent(_ transport: Follower.Transport) async throws {
        try await ScriptedServer.run([.answer("200 OK", "<html>", type: "text/html")]) { url, _ in
            await #expect(throws: ClientError.self) { try await follow(url, transport) }
        }
    }

    @Test("what is no HTTP ends it")
    func noHTTP() async throws {
        try await ScriptedServer.run([Reply(text: "SSH-2.0-OpenSSH_9.6\r\n\r\n")]) { url, server in
            await #expect(throws: ClientError.self) { try await follow(url) }
            #expect(server.requests.count == 1)
        }
    }

    @Test("a stream without a sign of life is replaced")
    func silence() async throws {
        // Every reply may be too late where the machine is busy; the outcome is the same.
        let (first, second) = (Reply.stream([block(1)], end: .keepAlive), Reply.stream([block(2)]))
        try await ScriptedServer.run(replyingBy: { $0.head.uri.hasSuffix("&after=e-1") ? second : first }) { url, _ in
            var errors: [ClientError] = []
            let occurrences = try await follow(url, count: 2, silence: .milliseconds(50)) { errors.append($0) }
            #expect(occurrences == [event(1), event(2)])
            #expect(errors.contains(.lost("no sign of life for 0 seconds")))
        }
    }

    @Test("a server that is not there is asked again")
    func unreachable() async throws {
        var url = ServerURL.standard
        try await ScriptedServer.run([]) { free, _ in url = free }
        let follower = Follower(url, channels: ["c"], clock: clock)
        var errors: [ClientError] = []
        try await follower.run { occurrence in
            if case .reconnecting(let error, _) = occurrence { errors.append(error) }
            return errors.count < 3
        }
        #expect(errors == Array(repeating: .unreachable("connection refused"), count: 3))
    }

    @Test("a cancelled follower ends without another word")
    func cancelled() async throws {
        try await ScriptedServer.run([.stream([block(1)], end: .keepAlive)]) { url, _ in
            let (occurrences, continuation) = AsyncStream.makeStream(of: Follower.Occurrence.self)
            let task = Task { [clock] in
                defer { continuation.finish() }
                try await Follower(url, channels: ["c"], clock: clock).run { occurrence in
                    continuation.yield(occurrence)
                    return true
                }
            }
            var told: [Follower.Occurrence] = []
            for await occurrence in occurrences {
                told.append(occurrence)
                task.cancel()
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(told == [event(1)])
        }
    }

    // MARK: Polls

    @Test("polls follow one another on one connection, each behind the last")
    func polls() async throws {
        let replies = [pollAnswer([], next: 5), pollAnswer([6, 7], next: 7), pollAnswer([8], next: 8)]
        try await ScriptedServer.run(replies) { url, server in
            let occurrences = try await follow(url, .poll, count: 3)
            #expect(occurrences == [event(6), event(7), event(8)])
            #expect(server.targets.map { $0.split(separator: "&").last } == ["since=now", "after=e-5", "after=e-7"])
            #expect(server.requests.map(\.connection) == [1, 1, 1])
            #expect(clock.now.sinceStart == .zero)
        }
    }

    @Test("a poll's gap comes before its events")
    func pollGap() async throws {
        let gap = #"{"reason":"epoch","after":"x-1","resumedAt":"e-2"}"#
        try await ScriptedServer.run([pollAnswer([2], next: 2, gap: gap)]) { url, _ in
            let expected = [.gap(Gap(reason: "epoch", after: "x-1", resumedAt: "e-2")), event(2)]
            let occurrences = try await follow(url, .poll, .after("x-1"), count: 2)
            #expect(occurrences == expected)
        }
    }

    @Test("a connection that the server ends with an answer is replaced without a word")
    func pollOnNewConnection() async throws {
        let replies = [pollAnswer([1], next: 1, headers: "Connection: close\r\n"), pollAnswer([2], next: 2)]
        try await ScriptedServer.run(replies) { url, server in
            var errors: [ClientError] = []
            let occurrences = try await follow(url, .poll, count: 2) { errors.append($0) }
            #expect(occurrences == [event(1), event(2)])
            #expect(server.requests.map(\.connection) == [1, 2])
            #expect(errors == [])
        }
    }

    @Test("an answer that is cut off is asked for again")
    func pollCut() async throws {
        let answer = pollAnswer([1], next: 1)
        let cut = Reply(text: String(answer.text.dropLast(5)))
        try await ScriptedServer.run([cut, answer]) { url, _ in
            let occurrences = try await follow(url, .poll, .after("e-0"), count: 1)
            #expect(occurrences == [event(1)])
        }
    }
}
