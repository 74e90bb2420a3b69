import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

@testable import HTTPServing

/// Connections that are judged by where they come from, over real sockets.
@Suite(.timeLimit(.minutes(1))) struct ConnectionAdmissionTests {
    /// Judges as it is told to, and says what it was asked and which places were given back.
    private final class Judge: ConnectionAdmission {
        private let admission: Peer.Admission?
        let addresses = Mutex<[PeerAddress]>([])
        let closed: AsyncStream<Void>
        private let continuation: AsyncStream<Void>.Continuation

        /// - Parameter admission: `nil` to have each connection closed at once.
        init(_ admission: Peer.Admission?) {
            self.admission = admission
            (self.closed, self.continuation) = AsyncStream.makeStream()
        }

        func admit(from address: PeerAddress) -> AdmittedConnection? {
            self.addresses.withLock { $0.append(address) }
            return self.admission.map { AdmittedConnection($0, place: Place(self.continuation)) }
        }
    }

    private final class Place: Sendable {
        private let closed: AsyncStream<Void>.Continuation

        init(_ closed: AsyncStream<Void>.Continuation) {
            self.closed = closed
        }

        deinit { self.closed.yield() }
    }

    private struct Service: Responder {
        func respond(to request: Request, on exchange: any Exchange) {
            exchange.respond(request.peer.refusal?.response ?? .text("served"))
        }
    }

    private func withServer(
        _ judge: Judge, proxies: [String] = [], proxyProtocol: Bool = false,
        _ body: (_ open: () async throws -> Client) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let settings = ServingSettings(
            responder: Service(), forwarding: Forwarding(proxies: proxies.compactMap { Network($0) }), admission: judge)
        var listener = Listener(port: 0)
        listener.proxyProtocol = proxyProtocol
        let server = try await HTTPServer(
            [listener], settings: settings, group: group,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let port = try #require(try await server.start().first)
        try await body { try await Client(port, on: group) }
        await server.drain(within: .seconds(10))
        try await group.shutdownGracefully()
    }

    private let loopback = PeerAddress.ipv4(127, 0, 0, 1)

    @Test func `A connection that is let in keeps its place until it has gone`() async throws {
        let judge = Judge(.served)
        try await withServer(judge) { open in
            let client = try await open()
            try await client.send(Connection.request("/"))
            #expect(try await client.read { $0.hasSuffix("served") }.hasPrefix("HTTP/1.1 200"))
            try await client.close()
            var closed = judge.closed.makeAsyncIterator()
            await closed.next()
            #expect(judge.addresses.withLock { $0 } == [loopback])
        }
    }

    @Test func `One beyond the limit of its address is told so, and keeps its place too`() async throws {
        let judge = Judge(.refusedAddress(most: 3))
        try await withServer(judge) { open in
            let client = try await open()
            try await client.send(Connection.request("/"))
            let answer = try #require(try Answer.parse(try await client.readToEnd()).first)
            #expect(answer.status == 429 && answer.body.contains("limits.address.connections"))
            #expect(answer["RateLimit-Policy"] == #""connections";q=3;qu="concurrent-requests""#)
            #expect(answer["Connection"] == "close" && answer["Retry-After"] != nil)
            try await client.close()
            var closed = judge.closed.makeAsyncIterator()
            await closed.next()
        }
    }

    @Test func `One that is not let in is closed without an answer`() async throws {
        let judge = Judge(nil)
        try await withServer(judge) { open in
            let client = try await open()
            try? await client.send(Connection.request("/"))
            #expect(try await client.readToEnd().isEmpty)
            try await client.close()
        }
    }

    @Test func `A known proxy is not judged by its own address`() async throws {
        let judge = Judge(nil)
        try await withServer(judge, proxies: ["127.0.0.0/8"]) { open in
            let client = try await open()
            try await client.send(Connection.request("/"))
            #expect(try await client.read { $0.hasSuffix("served") }.hasPrefix("HTTP/1.1 200"))
            try await client.close()
            #expect(judge.addresses.withLock { $0 }.isEmpty)
        }
    }

    @Test(arguments: [true, false])
    func `Behind a PROXY header it is the client who is judged`(isLetIn: Bool) async throws {
        let judge = Judge(isLetIn ? .served : nil)
        try await withServer(judge, proxyProtocol: true) { open in
            let client = try await open()
            #expect(judge.addresses.withLock { $0 }.isEmpty)
            try? await client.send("PROXY TCP4 192.0.2.1 127.0.0.1 1 2\r\n" + Connection.request("/"))
            let answer = try await client.read { $0.hasSuffix("served") }
            #expect(answer.isEmpty != isLetIn)
            try await client.close()
            #expect(judge.addresses.withLock { $0 } == [.ipv4(192, 0, 2, 1)])
        }
    }
}
