import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP2
import PolluxClient
import Testing

@testable import LoadGenerator

/// A crew of one reader, whose connection is not dialed but given.
private struct Fixture {
    let channel = EmbeddedChannel()
    let crew: Crew
    let run = RunClock()
    var reader: Reader { self.crew.readers[0] }

    init(_ transport: Workload.Transport, _ version: Workload.HTTPVersion) throws {
        var workload = Workload(server: .standard)
        workload.readers = 1
        workload.transport = transport
        workload.version = version
        self.crew = Crew(
            workload, number: 0, of: self.run, dialer: try Dialer(workload.server, workload.road, connections: 1),
            mostConnecting: 1,
            on: self.channel.eventLoop)
        self.reader.state = .connecting
    }

    func connect(_ handler: any ChannelHandler) throws {
        try self.channel.pipeline.syncOperations.addHandler(handler)
        try self.channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 8080)).wait()
    }

    func data(_ number: UInt32) -> String {
        String(decoding: Stamp(run: self.run.id, sent: 0, number: number).bytes, as: UTF8.self)
    }
}

@Suite struct HTTP1ReaderHandlerTests {
    private func answer(_ content: String, cursor: String) -> ByteBuffer {
        ByteBuffer(
            string:
                "HTTP/1.1 200 OK\r\nLast-Event-ID: \(cursor)\r\nContent-Length: \(content.utf8.count)\r\n\r\n\(content)"
        )
    }

    @Test("a poll goes on at the cursor of the last answer")
    func poll() throws {
        let fixture = try Fixture(.poll, .http1)
        try fixture.connect(HTTP1ReaderHandler(fixture.reader, of: fixture.crew))
        #expect(try fixture.channel.readOutbound(as: ByteBuffer.self)?.readableBytes ?? 0 > 0)
        #expect(fixture.crew.snapshot.open == 1)
        try fixture.channel.writeInbound(self.answer(fixture.data(0), cursor: "e-1"))
        let next = try fixture.channel.readOutbound(as: ByteBuffer.self).map { String(buffer: $0) }
        #expect(next?.contains("\r\nlast-event-id: e-1\r\n") == true)
        #expect(fixture.crew.tally.delivered == 1)
    }

    @Test("a stream is open when its answer begins, and closed when the connection is")
    func stream() throws {
        let fixture = try Fixture(.eventStream, .http1)
        try fixture.connect(HTTP1ReaderHandler(fixture.reader, of: fixture.crew))
        #expect(fixture.crew.snapshot.open == 0)
        try fixture.channel.writeInbound(ByteBuffer(string: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
        #expect(fixture.crew.snapshot.open == 1)
        try fixture.channel.close().wait()
        #expect(fixture.crew.snapshot.open == 0)
        #expect(fixture.crew.tally.closed == 1)
    }

    @Test("a refusal ends the run while readers open")
    func refusal() throws {
        let fixture = try Fixture(.eventStream, .http1)
        try fixture.connect(HTTP1ReaderHandler(fixture.reader, of: fixture.crew))
        try fixture.channel.writeInbound(ByteBuffer(string: "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"))
        #expect(fixture.crew.snapshot.failure == .refused(status: 503))
    }
}

@Suite struct HTTP2ReadersHandlerTests {
    private func connected(_ transport: Workload.Transport) throws -> (Fixture, HTTP2ReadersHandler) {
        let fixture = try Fixture(transport, .http2)
        let handler = HTTP2ReadersHandler(number: 0, of: fixture.crew)
        try fixture.connect(handler)
        handler.open(fixture.reader)
        fixture.channel.embeddedEventLoop.run()
        return (fixture, handler)
    }

    private func frames(_ channel: EmbeddedChannel) throws -> [HTTP2Frame] {
        var frames: [HTTP2Frame] = []
        while let frame = try channel.readOutbound(as: HTTP2Frame.self) { frames.append(frame) }
        return frames
    }

    private func head(_ stream: HTTP2StreamID, _ fields: HPACKHeaders = [:]) -> HTTP2Frame {
        HTTP2Frame(streamID: stream, payload: .headers(.init(headers: [":status": "200"] + fields)))
    }

    private func data(_ stream: HTTP2StreamID, _ text: String, ends: Bool = false) -> HTTP2Frame {
        HTTP2Frame(
            streamID: stream, payload: .data(.init(data: .byteBuffer(ByteBuffer(string: text)), endStream: ends)))
    }

    @Test("the connection's window is opened before a reader is")
    func window() throws {
        let frames = try self.frames(try self.connected(.eventStream).0.channel)
        #expect(frames.map(\.streamID) == [.rootStream, 1])
        guard case .windowUpdate = frames.first?.payload else { return #expect(Bool(false), "no window update") }
    }

    @Test("a stream's window is opened again when half of it is used")
    func streamWindow() throws {
        let (fixture, _) = try self.connected(.eventStream)
        _ = try self.frames(fixture.channel)
        try fixture.channel.writeInbound(self.head(1))
        #expect(fixture.crew.snapshot.open == 1)
        for _ in 0..<32 { try fixture.channel.writeInbound(self.data(1, ":" + String(repeating: "x", count: 16_383))) }
        let frames = try self.frames(fixture.channel)
        #expect(frames.map(\.streamID) == [1])
        guard case .windowUpdate(1 << 19) = frames.first?.payload else {
            return #expect(Bool(false), "the window was not opened")
        }
    }

    @Test("a poll goes on with another stream, at the cursor")
    func poll() throws {
        let (fixture, _) = try self.connected(.poll)
        _ = try self.frames(fixture.channel)
        try fixture.channel.writeInbound(self.head(1, ["last-event-id": "e-1"]))
        try fixture.channel.writeInbound(self.data(1, fixture.data(0), ends: true))
        let frames = try self.frames(fixture.channel)
        #expect(frames.map(\.streamID) == [3])
        guard case .headers(let headers) = frames.first?.payload else { return #expect(Bool(false), "no request") }
        #expect(headers.headers["last-event-id"] == ["e-1"])
        #expect(fixture.crew.tally.delivered == 1)
    }

    @Test("all that were on a connection are closed with it")
    func closed() throws {
        let (fixture, _) = try self.connected(.eventStream)
        try fixture.channel.writeInbound(self.head(1))
        try fixture.channel.close().wait()
        #expect(fixture.crew.snapshot.open == 0)
        #expect(fixture.crew.tally.closed == 1)
    }
}

extension HPACKHeaders {
    fileprivate static func + (one: HPACKHeaders, other: HPACKHeaders) -> HPACKHeaders {
        var sum = one
        sum.add(contentsOf: other)
        return sum
    }
}
