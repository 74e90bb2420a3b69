import NIOCore
import NIOHTTP1

/// An HTTP/1.1 connection to a server, one request at a time: ``send(_:)``, then ``nextPart()`` until it gives `nil`.
struct ClientConnection {
    typealias Inbound = NIOAsyncChannelInboundStream<HTTPClientResponsePart>
    typealias Outbound = NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>

    private let server: ServerURL
    private let channel: any Channel
    private var inbound: Inbound.AsyncIterator
    private let outbound: Outbound
    private var keepsAlive = true

    init(to server: ServerURL, over channel: any Channel, inbound: Inbound, outbound: Outbound) {
        self.server = server
        self.channel = channel
        self.inbound = inbound.makeAsyncIterator()
        self.outbound = outbound
    }

    /// Whether another request may be sent, once the answer to the last is complete.
    var isReusable: Bool { self.keepsAlive && self.channel.isActive }

    /// Sends a request and waits for the head of its answer.
    ///
    /// - Throws: ``ClientError/unreachable(_:)`` or ``ClientError/untrusted(_:)`` if the connection was closed before;
    ///   ``ClientError/lost(_:)`` and ``ClientError/unreadable(_:)`` if the head did not come.
    mutating func send(_ request: ClientRequest) async throws(ClientError) -> HTTPResponseHead {
        guard self.channel.isActive else { throw await self.reasonOfClosing() }
        var parts: [HTTPClientRequestPart] = [.head(request.head(for: self.server))]
        if let body = request.body { parts.append(.body(.byteBuffer(body))) }
        parts.append(.end(nil))
        do { try await self.outbound.write(contentsOf: parts) } catch { throw ClientError(onConnection: error) }
        guard case .head(let head) = try await self.receive() else { throw .unreadable("it has no head") }
        self.keepsAlive = head.isKeepAlive
        return head
    }

    /// The next bytes of the answer's content; `nil` when it is complete.
    ///
    /// - Throws: ``ClientError/lost(_:)`` and ``ClientError/unreadable(_:)``.
    mutating func nextPart() async throws(ClientError) -> ByteBuffer? {
        switch try await self.receive() {
        case .head: throw .unreadable("it has two heads")
        case .body(let bytes): return bytes
        case .end: return nil
        }
    }

    /// All of the answer's content.
    ///
    /// - Throws: ``ClientError/unreadable(_:)`` also if it has more than `limit` bytes.
    mutating func content(atMost limit: Int) async throws(ClientError) -> ByteBuffer {
        var content = ByteBuffer()
        while var part = try await self.nextPart() {
            guard content.readableBytes + part.readableBytes <= limit else {
                throw .unreadable("it has more than \(limit) bytes")
            }
            content.writeBuffer(&part)
        }
        return content
    }

    /// What the server says in an answer that is no success.
    mutating func problem(_ head: HTTPResponseHead) async throws(ClientError) -> ServerProblem {
        ServerProblem(head, content: try await self.content(atMost: 64 << 10))
    }

    /// Why there is no connection any more, where nothing was sent on it.
    private mutating func reasonOfClosing() async -> ClientError {
        do { _ = try await self.inbound.next() } catch {
            let reason = ClientError(onConnection: error)
            if case .untrusted = reason { return reason }
            return .unreachable("\(reason)")
        }
        return .unreachable("the server closed the connection")
    }

    private mutating func receive() async throws(ClientError) -> HTTPClientResponsePart {
        let part: HTTPClientResponsePart?
        do { part = try await self.inbound.next() } catch { throw ClientError(onConnection: error) }
        guard let part else { throw .lost("the server closed the connection") }
        return part
    }
}
