import Channels
import HTTPServing
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import Doors

/// What can be done with channels, on loops of their own.
@Suite(.timeLimit(.minutes(1))) struct ChannelResourceTests {
    /// What a client got: an exchange does not leave its loop.
    private struct Got {
        let response: Response?
        let isStreaming: Bool

        var text: String { self.response?.body.map { String(buffer: $0) } ?? "" }
    }

    private func withResource(
        _ ledger: HeldLedger = HeldLedger(),
        _ body: (ChannelResource, Bridge, (@escaping @Sendable (FakeExchange) -> Void) async throws -> Got) async throws
            -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let bridge = Bridge(ledger: ledger)
        var configuration = TransportConfiguration()
        configuration.channels = 3
        let resource = try await ChannelResource(
            bridge, configuration: configuration, access: .open, cors: CORS(), group: group, logger: .silent)
        try await body(resource, bridge) { ask in
            let loop = group.next()
            let exchange = try await loop.submit { () -> NIOLoopBound<FakeExchange> in
                let exchange = FakeExchange(loop)
                ask(exchange)
                return NIOLoopBound(exchange, eventLoop: loop)
            }.get()
            return try await loop.submit {
                Got(response: exchange.value.response, isStreaming: exchange.value.hasBegunStream)
            }.get()
        }
        try await group.shutdownGracefully()
    }

    private let channel: ChannelName

    init() throws {
        self.channel = try ChannelName("a")
    }

    @Test(arguments: ["transport=sse", "transport=poll", "transport=poll-sse"])
    func `HEAD is answered at once with the head of the transport and the newest id`(query: String) async throws {
        try await withResource { resource, bridge, ask in
            bridge.publish(Publication(channel: channel, drafts: [try Draft(data: [])])) { _ in }
            let got = try await ask { resource.read(channel, request("/?" + query, method: .HEAD), on: $0) }
            let type = query == "transport=poll" ? "application/json" : "text/event-stream"
            #expect(got.response?.status == .ok)
            #expect(got.response?.headers["Content-Type"] == [type])
            #expect(got.response?.headers["Last-Event-ID"] == [bridge.id(bridge.head).description])
            #expect(got.response?.body == nil)
        }
    }

    @Test func `Whoever comes when the server is full is told what it can bear`() async throws {
        try await withResource { resource, _, ask in
            for query in ["transport=sse", "transport=poll-sse"] {
                let got = try await ask {
                    resource.read(channel, request("/?" + query, from: Peer(admission: .refused)), on: $0)
                }
                #expect(got.response?.status == .ok)
                #expect(got.response?.headers["Content-Type"] == ["text/event-stream"])
                #expect(got.text.wholeMatch(of: /: refused\nretry: \d+\n/) != nil)
            }
            let got = try await ask {
                resource.read(channel, request("/?transport=poll", from: Peer(admission: .refused)), on: $0)
            }
            #expect(got.response?.status == .serviceUnavailable)
        }
    }

    @Test(arguments: [
        ("", "channel"), ("channel=", "channel"), ("channel=a&channel=", "channel"), ("channel=%00", "control"),
        ("channel=%FF", "UTF-8"), ("channel=..", "."), ("channel=a&channel=b&channel=c&channel=d", "limits.channels"),
        ("channel=a&wait=x", "wait"), ("channel=%", "%"),
    ])
    func `A selection that is none is refused by name`(query: String, detail: String) async throws {
        try await withResource { resource, _, ask in
            let got = try await ask { resource.readSeveral(request("/events?" + query), on: $0) }
            #expect(got.response?.status == .badRequest)
            #expect(got.text.contains(detail))
        }
    }

    @Test func `Several channels are read by query and by form`() async throws {
        try await withResource { resource, bridge, ask in
            for name in ["a", "b", "c"] {
                bridge.publish(Publication(channel: try ChannelName(name), drafts: [try Draft(data: Array(name.utf8))]))
                { _ in }
            }
            let byQuery = try await ask {
                resource.readSeveral(request("/events?channel=a&channel=c&channel=a&since=earliest"), on: $0)
            }
            #expect(try PollAnswer(byQuery.response).events.map(\.channel) == ["a", "c"])
            let byForm = try await ask { exchange in
                let form = Array("channel=b&since=earliest".utf8)
                resource.readSeveral(request("/events?channel=c", method: .POST, body: form), on: exchange)
            }
            #expect(try PollAnswer(byForm.response).events.map(\.channel) == ["b", "c"])
        }
    }

    @Test func `A publication is answered with its id, and its repeat with the same`() async throws {
        try await withResource { resource, bridge, ask in
            let post = { @Sendable (exchange: FakeExchange) in
                let body = Array("x".utf8)
                resource.publish(
                    to: channel, request("/", method: .POST, ["Idempotency-Key": "k"], body: body), on: exchange)
            }
            let first = try await ask(post)
            #expect(first.response?.status == .created)
            let second = try await ask(post)
            #expect(second.response?.status == .ok)
            #expect(second.text == first.text)
            #expect(bridge.head.rawValue == 1)
        }
    }

    @Test func `What cannot be read or published is refused`() async throws {
        try await withResource { resource, bridge, ask in
            let read = try await ask { resource.read(channel, request("/?wait=x"), on: $0) }
            #expect(read.response?.status == .badRequest)
            let publish = try await ask { resource.publish(to: channel, request("/", method: .POST), on: $0) }
            #expect(publish.response?.status == .unprocessableEntity)
            #expect(bridge.head == .zero)
        }
    }

    @Test func `Events are dropped, also of a channel that never was`() async throws {
        try await withResource { resource, bridge, ask in
            bridge.publish(Publication(channel: channel, drafts: [try Draft(data: [])])) { _ in }
            for name in ["a", "b"] {
                let channel = try ChannelName(name)
                let got = try await ask { resource.drop(channel, request("/", method: .DELETE), on: $0) }
                #expect(got.response?.status == .noContent)
            }
            let got = try await ask { resource.read(channel, request("/?since=earliest&wait=0"), on: $0) }
            #expect(try PollAnswer(got.response).events.isEmpty)
        }
    }

    @Test func `A ledger that fails is told to publishers and to who drops a channel`() async throws {
        let ledger = HeldLedger()
        try await withResource(ledger) { resource, _, ask in
            ledger.fail(with: LedgerError(.full, "disk full"))
            let body = Array("x".utf8)
            for got in [
                try await ask { resource.drop(channel, request("/", method: .DELETE), on: $0) },
                try await ask { resource.publish(to: channel, request("/", method: .POST, body: body), on: $0) },
            ] {
                #expect(got.response?.status == .serviceUnavailable)
                #expect(got.response?.headers.contains(name: "Retry-After") == true)
                #expect(got.text.contains("disk full"))
            }
        }
    }
}
