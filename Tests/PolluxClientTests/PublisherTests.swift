import NIOHTTP1
import Testing

@testable import PolluxClient

@Suite(.timeLimit(.minutes(1))) struct PublisherTests {
    private let clock = TestClock()
    private let busy = Reply.answer("503 Service Unavailable", headers: "Retry-After: 5\r\n")

    private func kept(_ number: Int, _ status: String = "201 Created", headers: String = "") -> Reply {
        .answer(status, #"{"id":"e-\#(number)","channel":"c","time":0}"#, headers: headers)
    }

    private func events(_ texts: String..., keys: [String?] = []) -> [OutgoingEvent] {
        texts.enumerated().map { index, text in
            OutgoingEvent(data: Array(text.utf8), key: index < keys.count ? keys[index] : nil)
        }
    }

    /// - Returns: The ids.
    @discardableResult
    private func publish(_ events: [OutgoingEvent], to server: ServerURL) async throws -> [String] {
        var events = events.makeIterator()
        var ids: [String] = []
        try await Publisher(server, channel: "a/b", clock: clock).publish {
            events.next()
        } published: {
            ids.append($0)
        }
        return ids
    }

    @Test("events are published in their order on one connection")
    func order() async throws {
        try await ScriptedServer.run([kept(1), kept(2), kept(3)]) { url, server in
            let ids = try await publish(events("a", "b", "é"), to: url)
            #expect(ids == ["e-1", "e-2", "e-3"])
            #expect(server.requests.map(\.body) == ["a", "b", "é"])
            #expect(server.requests.map(\.connection) == [1, 1, 1])
            #expect(server.targets == Array(repeating: "/channels/a%2Fb", count: 3))
            #expect(server.requests.allSatisfy { $0.head.method == .POST })
        }
    }

    @Test("an event is sent when the one before it is answered, and not before")
    func oneByOne() async throws {
        try await ScriptedServer.run([kept(1), kept(2)]) { url, server in
            var (pending, sent) = (events("a", "b"), [Int]())
            try await Publisher(url, channel: "c", clock: clock).publish {
                sent.append(server.requests.count)
                return pending.isEmpty ? nil : pending.removeFirst()
            } published: { _ in
            }
            #expect(sent == [0, 1, 2])
        }
    }

    @Test("nothing to publish makes no connection")
    func nothing() async throws {
        try await ScriptedServer.run([]) { url, server in
            let ids = try await publish([], to: url)
            #expect(ids == [])
            #expect(server.requests.isEmpty)
        }
    }

    @Test("an event with a key is sent again with the same key when the connection breaks")
    func brokenWithKey() async throws {
        let cut = Reply(text: "HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{\"id\":")
        try await ScriptedServer.run([.none, cut, kept(1, "200 OK"), kept(2)]) { url, server in
            let ids = try await publish(events("a", "b", keys: ["k-1", "k-2"]), to: url)
            #expect(ids == ["e-1", "e-2"])
            #expect(server.requests.map { $0.head.headers["Idempotency-Key"] } == [["k-1"], ["k-1"], ["k-1"], ["k-2"]])
        }
    }

    @Test("an event without a key is sent once when the connection breaks")
    func brokenWithoutKey() async throws {
        try await ScriptedServer.run([.none, kept(1)]) { url, server in
            await #expect(throws: ClientError.lost("the server closed the connection")) {
                try await publish(events("a"), to: url)
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test("an event that the server had no time for is sent again when it says")
    func unavailable() async throws {
        try await ScriptedServer.run([busy, kept(1)]) { url, server in
            let ids = try await publish(events("a"), to: url)
            #expect(ids == ["e-1"])
            #expect(server.requests.map(\.body) == ["a", "a"])
            #expect((.seconds(5) ... .milliseconds(7_500)).contains(clock.now.sinceStart))
        }
    }

    @Test("a server that never has time is given up after five attempts")
    func givenUp() async throws {
        try await ScriptedServer.run(Array(repeating: busy, count: 6)) { url, server in
            await #expect(throws: ClientError.self) { try await publish(events("a"), to: url) }
            #expect(server.requests.count == 5)
        }
    }

    @Test("a refusal is final, in the server's words; what was before it stays published")
    func refusal() async throws {
        let refusal = Reply.answer("422 Unprocessable Entity", #"{"title":"Unprocessable","detail":"event: no"}"#)
        try await ScriptedServer.run([kept(1), refusal]) { url, server in
            let problem = ServerProblem(status: 422, title: "Unprocessable", detail: "event: no")
            await #expect(throws: ClientError.refused(problem)) {
                try await publish(events("a", "b", "c", keys: ["1", "2", "3"]), to: url)
            }
            #expect(server.requests.map(\.body) == ["a", "b"])
        }
    }

    @Test("a connection that the server ends with an answer is replaced for the next event")
    func endedWithAnswer() async throws {
        try await ScriptedServer.run([kept(1, headers: "Connection: close\r\n"), kept(2)]) { url, server in
            let ids = try await publish(events("a", "b"), to: url)
            #expect(ids == ["e-1", "e-2"])
            #expect(server.requests.map(\.connection) == [1, 2])
            #expect(clock.now.sinceStart == .zero)
        }
    }

    @Test("a server that is not there is told at once")
    func unreachable() async throws {
        var url = ServerURL.standard
        try await ScriptedServer.run([]) { free, _ in url = free }
        await #expect(throws: ClientError.unreachable("connection refused")) {
            try await publish(events("a", keys: ["k"]), to: url)
        }
        #expect(clock.now.sinceStart == .zero)
    }

    @Test("an answer without an id is no Pollux server's", arguments: ["", "<html>", "{}", #"{"id":1}"#])
    func unreadable(_ content: String) async throws {
        try await ScriptedServer.run([.answer("200 OK", content)]) { url, _ in
            await #expect(throws: ClientError.self) { try await publish(events("a", keys: ["k"]), to: url) }
        }
    }

    @Test("an error of the source ends it")
    func sourceError() async throws {
        try await ScriptedServer.run([]) { url, _ in
            await #expect(throws: SystemError(code: 5)) {
                try await Publisher(url, channel: "c").publish {
                    throw SystemError(code: 5)
                } published: { _ in
                }
            }
        }
    }
}
