import NIOPosix
import Outbound
import Testing

/// Against a real server on the loopback.
@Suite struct OutboundTests {
    private static let good = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-One: 1\r\nx-one:  2 \r\n\r\nhello"

    @Test func aRequestIsSentAndAnsweredWhole() async throws {
        try await ScriptedServer.with(["/a?b": .text(Self.good)]) { server, outbound in
            let fields = try ["X-Empty", "Cookie"].map { try #require(OutboundField($0, $0 == "Cookie" ? [97] : [])) }
            let response = try await outbound.answer(OutboundRequest(.get, server.url("/a?b"), fields: fields)).get()
            #expect(response.status == 200)
            #expect(response.content == Array("hello".utf8))
            #expect(response.values(of: "x-one") == [[0x31], [0x32]])
            let request = try #require(server.requests.first)
            #expect(request.hasPrefix("GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\n"))
            #expect(request.contains("\r\nUser-Agent: Pollux\r\n"))
            #expect(request.contains("\r\nX-Empty:\r\n") && request.contains("\r\nCookie: a\r\n"))
        }
    }

    @Test func aPostSendsItsContentAsItIs() async throws {
        try await ScriptedServer.with(["/": .text(Self.good)]) { server, outbound in
            let type = try #require(OutboundField("Content-Type", "application/json".utf8))
            let request = OutboundRequest(.post, try server.url("/"), fields: [type], content: Array("{\"a\":1}".utf8))
            _ = try await outbound.answer(request).get()
            let sent = try #require(server.requests.first)
            #expect(sent.hasPrefix("POST / HTTP/1.1\r\n") && sent.hasSuffix("\r\n\r\n{\"a\":1}"))
            #expect(sent.contains("\r\nContent-Type: application/json\r\n"))
            #expect(sent.contains("\r\nContent-Length: 7\r\n"))
        }
    }

    @Test func aConnectionIsUsedAgain() async throws {
        try await ScriptedServer.with(["/": .text(Self.good)]) { server, outbound in
            for _ in 0..<5 { _ = try await outbound.answer(OutboundRequest(.get, server.url("/"))).get() }
            #expect(server.connectionCount == 1)
        }
    }

    @Test(arguments: [301, 302, 401, 404, 500, 503])
    func anAnswerIsAnAnswerWhateverItsStatusAndNoRedirectIsFollowed(status: Int) async throws {
        let text = "HTTP/1.1 \(status) Other\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
        try await ScriptedServer.with(["/": .text(text)]) { server, outbound in
            let response = try await outbound.answer(OutboundRequest(.get, server.url("/"))).get()
            #expect(response.status == status)
            #expect(server.requests.count == 1)
        }
    }

    @Test func interimAnswersAndTrailersAreNoPartOfTheHead() async throws {
        let text =
            "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nX: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "2\r\nhi\r\n0\r\nY: 2\r\n\r\n"
        try await ScriptedServer.with(["/": .text(text)]) { server, outbound in
            let response = try await outbound.answer(OutboundRequest(.get, server.url("/"))).get()
            #expect(response.status == 200)
            #expect(response.fields.map(\.name) == ["X", "Transfer-Encoding"])
            #expect(response.content == Array("hi".utf8))
        }
    }

    /// What comes, and what is made of it with at most 1,000 bytes of content.
    static let broken: [(String, ScriptedServer.Answer, OutboundError)] = {
        let ok = "HTTP/1.1 200 OK\r\n"
        let piece = String(repeating: "x", count: 10_000)
        return [
            ("silent", .silence, .timedOut),
            ("slow in its head", .drops(ok), .timedOut),
            ("slow in its content", .drops(ok + "\r\n"), .timedOut),
            (
                "longer than is taken, and says so", .text(ok + "Content-Length: 1001\r\n\r\n" + piece),
                .contentTooLarge(most: 1_000)
            ),
            (
                "without end, in chunks", .endless(ok + "Transfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n"),
                .contentTooLarge(most: 1_000)
            ),
            ("without end, until the close", .endless(ok + "\r\n", piece), .contentTooLarge(most: 1_000)),
            ("a head without end", .endless(ok, "X: 1\r\n"), .headTooLarge(most: 65_536)),
            ("a field without end", .endless(ok + "X: ", piece), .headTooLarge(most: 65_536)),
            (
                "interim answers without end", .endless("", "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n"),
                .headTooLarge(most: 65_536)
            ),
            ("cut in its head", .text("HTTP/1.1 200 OK\r\nContent-", closing: true), .cut),
            ("cut in its content", .text(ok + "Content-Length: 10\r\n\r\nhello", closing: true), .cut),
            ("cut in a chunk", .text(ok + "Transfer-Encoding: chunked\r\n\r\n9\r\nhello", closing: true), .cut),
            ("cut before anything", .text("", closing: true), .cut),
            ("a chunk that is none", .text(ok + "Transfer-Encoding: chunked\r\n\r\nz\r\nhello", closing: true), .cut),
            ("no HTTP", .text("220 smtp.example.org ESMTP\r\n", closing: true), .malformed),
            ("HTTP 0.9", .text("<html></html>", closing: true), .malformed),
            ("a length that is none", .text(ok + "Content-Length: many\r\n\r\nhello", closing: true), .malformed),
        ]
    }()

    @Test(arguments: Self.broken.indices)
    func whatIsNoAnswerIsAnErrorOfItsKind(index: Int) async throws {
        let (name, answer, error) = Self.broken[index]
        try await ScriptedServer.with(["/": answer]) { server, outbound in
            var request = OutboundRequest(.get, try server.url("/"))
            request.timeout = error == .timedOut ? .milliseconds(150) : .seconds(60)
            request.contentSize = 1_000
            let result = await outbound.answer(request)
            #expect(result == .failure(error), "\(name): \(result)")
        }
    }

    @Test func contentOfExactlyWhatIsTakenIsTaken() async throws {
        try await ScriptedServer.with(["/": .text(Self.good)]) { server, outbound in
            var request = OutboundRequest(.get, try server.url("/"))
            request.contentSize = 5
            #expect(try await outbound.answer(request).get().content.count == 5)
            request.contentSize = 4
            #expect(await outbound.answer(request) == .failure(.contentTooLarge(most: 4)))
        }
    }

    @Test func contentBehindTheLengthIsNotOfTheNextAnswer() async throws {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
        try await ScriptedServer.with(["/": .text(text)]) { server, outbound in
            for _ in 0..<3 {
                let response = try await outbound.answer(OutboundRequest(.get, server.url("/"))).get()
                #expect(response.content == Array("hi".utf8))
            }
        }
    }

    @Test func nothingListensThere() async throws {
        try await ScriptedServer.with([:]) { server, outbound in
            let url = try server.url("/")
            await server.close()
            #expect(await outbound.answer(OutboundRequest(.get, url)) == .failure(.cannotConnect))
        }
    }
}
