import Access
import Channels
import HTTPServing
import NIOCore
import NIOHTTP1
import NIOPosix
import TestSupport
import Testing

@testable import Doors

/// Requests that come when limits leave no room.
@Suite(.timeLimit(.minutes(1))) struct LimitingTests {
    private let channel: ChannelName
    private let peer = Peer(address: .ipv4(192, 0, 2, 1))

    init() throws {
        self.channel = try ChannelName("a")
    }

    /// Asks a server with limits, one request after the other, while all before them are still there.
    private func answers(
        _ configuration: AccessLimits.Configuration,
        _ asks: [@Sendable (ChannelResource, FakeExchange) -> Void]
    ) async throws -> [Response?] {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let bridge = Bridge(ledger: HeldLedger())
        let resource = try await ChannelResource(
            bridge, configuration: TransportConfiguration(), access: .open, limits: AccessLimits(configuration),
            cors: CORS(), group: group, logger: .silent)
        let loop = group.next()
        let exchanges = try await loop.submit {
            NIOLoopBound(
                asks.map { ask in
                    let exchange = FakeExchange(loop)
                    ask(resource, exchange)
                    return exchange
                }, eventLoop: loop)
        }.get()
        let responses = try await loop.submit { exchanges.value.map(\.response) }.get()
        try await group.shutdownGracefully()
        return responses
    }

    private func reading(_ query: String, method: HTTPMethod = .GET)
        -> @Sendable (ChannelResource, FakeExchange) -> Void
    {
        { [channel, peer] in $0.read(channel, request("/?" + query, method: method, from: peer), on: $1) }
    }

    private func publishing(_ text: String, as type: String = "text/plain")
        -> @Sendable (ChannelResource, FakeExchange) -> Void
    {
        { [channel, peer] in
            let fields: HTTPHeaders = ["Content-Type": type]
            $0.publish(to: channel, request("/", method: .POST, fields, body: Array(text.utf8), from: peer), on: $1)
        }
    }

    private func text(_ response: Response?) -> String { response?.body.map { String(buffer: $0) } ?? "" }

    @Test func `A stream that is one too many is told when to come back, and a poll has a status`() async throws {
        var configuration = AccessLimits.Configuration()
        configuration.address.readers = 1
        let answers = try await self.answers(
            configuration,
            ["sse", "sse", "poll-sse", "poll"].map { self.reading("transport=" + $0) }
                + [self.reading("transport=poll", method: .HEAD)])
        #expect(answers[0] == nil, "it is served")
        for refused in answers[1...2] {
            #expect(refused?.status == .ok)
            #expect(self.text(refused).wholeMatch(of: /: refused\nretry: \d+\n/) != nil)
        }
        let poll = try #require(answers[3])
        #expect(poll.status == .tooManyRequests)
        #expect(self.text(poll).contains(#""limit":"limits.address.readers","most":1"#))
        #expect(poll.headers["RateLimit-Policy"] == [#""readers";q=1;qu="concurrent-requests""#])
        #expect((1...7).contains(try #require(poll.headers.first(name: "Retry-After").flatMap { Int($0) })))
        #expect(answers[4]?.status == .ok, "HEAD reads nothing")
    }

    @Test func `A publisher above the rate is told when there is room again, and nothing is published`() async throws {
        var configuration = AccessLimits.Configuration()
        configuration.address.publishRate = Rate(1, per: .hour)
        configuration.address.publishBurst = 1
        let answers = try await self.answers(
            configuration,
            [
                self.publishing("x", as: "image/png"), self.publishing("x"), self.publishing("x"),
                self.reading("since=earliest"),
            ])
        #expect(answers.prefix(2).map { $0?.status } == [.unsupportedMediaType, .created])
        let refused = try #require(answers[2])
        #expect(refused.status == .tooManyRequests)
        #expect(refused.headers["RateLimit-Policy"] == [#""publish";q=1;w=3600"#])
        let seconds = try #require(refused.headers.first(name: "Retry-After"))
        #expect(refused.headers["RateLimit"] == [#""publish";r=0;t=\#(seconds)"#])
        #expect((3_590...3_600).contains(try #require(Int(seconds))))
        #expect(self.text(refused).contains(#""limit":"limits.address.publishRate","most":1"#))
        #expect(try PollAnswer(answers[3]).events.count == 1)
    }

    @Test func `Each line of a batch is an event, and bytes are those of types and data`() async throws {
        var configuration = AccessLimits.Configuration()
        configuration.channel.publishRate = Rate(1, per: .hour)
        configuration.channel.publishBurst = 2
        configuration.principal.byteRate = 1
        let batch = "{\"data\":1}\n{\"data\":2}\n"
        let answers = try await self.answers(
            configuration, [self.publishing(batch, as: "application/x-ndjson"), self.publishing("x")])
        #expect(answers.map { $0?.status } == [.created, .tooManyRequests])
        #expect(self.text(answers[1]).contains("limits.channel.publishRate"))

        configuration = AccessLimits.Configuration()
        configuration.address.byteRate = 1_024
        let bytes = try await self.answers(
            configuration, [self.publishing(String(repeating: "x", count: 50_000)), self.publishing("x")])
        #expect(bytes.map { $0?.status } == [.created, .tooManyRequests])
        #expect(bytes[1]?.headers["RateLimit-Policy"] == [#""bytes";q=1024;w=1;qu="content-bytes""#])
    }

    @Test func `Nobody is refused where no limit is set`() async throws {
        let publish = Array(repeating: self.publishing("x"), count: 300)
        let read = Array(repeating: self.reading("transport=sse"), count: 300)
        let answers = try await self.answers(AccessLimits.Configuration(), publish + read)
        #expect(
            answers.prefix(300).allSatisfy { $0?.status == .created } && answers.suffix(300).allSatisfy { $0 == nil })
    }
}
