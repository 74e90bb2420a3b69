import NIOCore
import NIOEmbedded
import NIOHPACK
import NIOHTTP1
import NIOHTTP2
import Testing

@testable import HTTPServing

@Suite struct HTTP2ConnectionTests {
    @Test func `A request is answered on its stream, with the fields of all answers`() throws {
        let pair = try HTTP2Pair { request, exchange in exchange.respond(.text(request.pathText)) }
        try pair.request("/a", on: 1)
        try pair.request("/b", on: 3)
        #expect(try pair.head(of: 1)?.first(name: ":status") == "200")
        #expect(try pair.head(of: 3)?.first(name: "server") == "pollux")
        #expect(try pair.text(of: 1) == "/a" && pair.text(of: 3) == "/b")
        #expect(pair.owners == 1)
    }

    @Test func `A connection that goes takes its streams with it`() throws {
        let delegate = RecordingDelegate()
        let pair = try HTTP2Pair { _, exchange in
            exchange.beginStream(Response(.ok))
            exchange.delegate = delegate
        }
        for number in 0..<10 { try pair.request("/", on: HTTP2StreamID(1 + 2 * number)) }
        #expect(pair.owners == 11)
        try pair.disconnect()
        #expect(pair.owners == 0)
        #expect(delegate.calls == Array(repeating: .closed, count: 10))
    }

    @Test func `A client that goes with the last answer of a full server does no harm`() throws {
        var exchanges: [any Exchange] = []
        let pair = try HTTP2Pair(peer: Peer(admission: .refused)) { exchanges.append($1) }
        try pair.send("/", on: 1)
        exchanges[0].respond(Problem.overCapacity.response)
        try pair.disconnect()
        #expect(pair.owners == 0)
    }

    @Test func `A stream whose window is closed waits alone, and is told when it has opened`() throws {
        var exchanges: [any Exchange] = []
        let delegate = RecordingDelegate()
        let pair = try HTTP2Pair { _, exchange in
            exchange.beginStream(Response(.ok))
            exchange.delegate = delegate
            exchanges.append(exchange)
        }
        try pair.send(.settings(.settings([HTTP2Setting(parameter: .initialWindowSize, value: 4)])), on: .rootStream)
        try pair.request("/", on: 1)
        try pair.request("/", on: 3)
        #expect(exchanges[0].write(ByteBuffer(string: "12345678")))
        #expect(exchanges[1].write(ByteBuffer(string: "abc")))
        try pair.exchange()
        #expect(try pair.text(of: 1) == "1234" && pair.text(of: 3) == "abc")
        #expect(!exchanges[0].write(ByteBuffer(string: "9")))
        #expect(delegate.calls.isEmpty)
        try pair.send(.windowUpdate(windowSizeIncrement: 100), on: 1)
        #expect(try pair.text(of: 1) == "123456789")
        #expect(delegate.calls == [.writable])
    }

    @Test func `A stream that is not taken for too long is reset, and the others go on`() throws {
        var exchanges: [any Exchange] = []
        let pair = try HTTP2Pair { _, exchange in
            exchange.beginStream(Response(.ok))
            exchanges.append(exchange)
        }
        try pair.send(.settings(.settings([HTTP2Setting(parameter: .initialWindowSize, value: 4)])), on: .rootStream)
        try pair.request("/", on: 1)
        try pair.request("/", on: 3)
        _ = exchanges[0].write(ByteBuffer(string: "12345678"))
        try pair.exchange()
        try pair.wait(.seconds(29))
        #expect(try pair.reset(of: 1) == nil)
        // The first deadline may come too early to tell.
        try pair.wait(.seconds(31))
        #expect(try pair.reset(of: 1) == nil)
        try pair.wait(.seconds(62))
        #expect(try pair.reset(of: 1) == .cancel)
        _ = exchanges[1].write(ByteBuffer(string: "abc"))
        try pair.exchange()
        #expect(try pair.text(of: 3) == "abc")
    }

    @Test func `Who is silent is asked for a sign of life, and let go without one`() throws {
        let pair = try HTTP2Pair { _, exchange in exchange.beginStream(Response(.ok)) }
        try pair.request("/", on: 1)
        pair.isDeaf = true
        try pair.wait(.seconds(31))
        #expect(pair.isOpen)
        try pair.wait(.seconds(62))
        #expect(!pair.isOpen)
    }

    @Test func `Requests that wait for answers to be taken are held within the bound for those that come in`() throws {
        var limits = Limits()
        limits.bodySize = 1_000
        let large = ByteBuffer(repeating: 1, count: 5 << 20)
        var answered: [String] = []
        let pair = try HTTP2Pair(limits: limits) { request, exchange in
            answered.append(request.pathText)
            exchange.respond(request.pathText == "/large" ? Response(.ok, body: large) : .text("fine"))
        }
        try pair.request("/large", on: 1)
        for number in 1...5 {
            let id = HTTP2StreamID(1 + 2 * number)
            try pair.send("/\(number)", on: id, isEnd: false)
            let body = IOData.byteBuffer(ByteBuffer(repeating: 1, count: 1_000))
            try pair.send(.data(.init(data: body, endStream: true)), on: id)
        }
        #expect(answered == ["/large"])
        #expect(try pair.head(of: 9)?.first(name: ":status") == nil)
        #expect(try pair.head(of: 11)?.first(name: ":status") == "503")
        try pair.send(.rstStream(.cancel), on: 1)
        #expect(answered == ["/large", "/1", "/2", "/3", "/4"])
        try pair.send("/6", on: 13, isEnd: false)
        try pair.send(.data(.init(data: .byteBuffer(ByteBuffer(repeating: 1, count: 1_000)), endStream: true)), on: 13)
        #expect(answered.last == "/6", "what was answered is held no more")
    }

    // MARK: Stops

    @Test func `A stop is announced, and once that is acknowledged the last stream is named and the connection ends`()
        throws
    {
        let pair = try HTTP2Pair { _, exchange in exchange.respond(.text("fine")) }
        try pair.request("/", on: 1)
        pair.drain()
        try pair.exchange()
        #expect(try pair.goAways() == [.maxID, 1])
        #expect(pair.isOutputClosed)
    }

    @Test func `A stream that the client opens before it knows of a stop is served`() throws {
        let pair = try HTTP2Pair { _, exchange in exchange.respond(.text("fine")) }
        try pair.request("/", on: 1)
        pair.drain()
        try pair.request("/", on: 3)
        #expect(try pair.text(of: 3) == "fine")
        #expect(try pair.goAways() == [.maxID, 3])
        #expect(pair.isOutputClosed)
    }

    @Test func `A connection that stops ends with the last of its streams`() throws {
        var exchanges: [any Exchange] = []
        let pair = try HTTP2Pair { exchanges.append($1) }
        try pair.request("/", on: 1)
        pair.drain()
        try pair.exchange()
        #expect(try pair.goAways() == [.maxID, 1])
        #expect(!pair.isOutputClosed)
        exchanges[0].respond(.text("the last"))
        try pair.exchange()
        #expect(try pair.text(of: 1) == "the last")
        #expect(pair.isOutputClosed)
    }

    @Test func `A client that does not acknowledge a stop is waited for no longer than the time limit`() throws {
        let pair = try HTTP2Pair { _, exchange in exchange.respond(.text("fine")) }
        try pair.request("/", on: 1)
        pair.isDeaf = true
        pair.drain()
        try pair.exchange()
        #expect(!pair.isOutputClosed)
        try pair.wait(.seconds(1))
        #expect(pair.isOutputClosed)
    }

    @Test func `A request that was still coming in when the server began to stop is told to end too`() throws {
        let delegate = RecordingDelegate()
        let pair = try HTTP2Pair { _, exchange in
            exchange.beginStream(Response(.ok))
            exchange.delegate = delegate
        }
        try pair.send("/", on: 1, isEnd: false)
        pair.drain()
        try pair.exchange()
        #expect(delegate.calls.isEmpty)
        try pair.send(.data(.init(data: .byteBuffer(ByteBuffer()), endStream: true)), on: 1)
        #expect(delegate.calls == [.drain])
    }

    @Test func `A full server ends a connection with its first answers`() throws {
        let pair = try HTTP2Pair(peer: Peer(admission: .refused)) { $1.respond(Problem.overCapacity.response) }
        try pair.request("/", on: 1)
        #expect(try pair.head(of: 1)?.first(name: ":status") == "503")
        #expect(try pair.goAways() == [1])
        #expect(pair.isOutputClosed)
    }
}
