import Channels
import HTTPServing
import NIOCore
import NIOHTTP1
import Testing

@testable import Doors

@Suite struct ReadParametersTests {
    private let defaults = TransportConfiguration()

    private func parameters(_ query: String, _ fields: HTTPHeaders = [:]) throws -> ReadParameters {
        try ReadParameters(request("/x?" + query, fields), defaults: defaults)
    }

    @Test func `What is not asked for has its default`() throws {
        let parameters = try parameters("")
        #expect(parameters.transport == .poll)
        #expect(parameters.start == .now)
        #expect(parameters.wait == .seconds(25))
        #expect(parameters.limit == 500)
        #expect(parameters.heartbeat == .seconds(15))
        #expect(parameters.opening == .none && !parameters.envelope)
        #expect(parameters.padding == 0)
        #expect(parameters.budget == nil)
        #expect(parameters.lifetime == nil)
        #expect(parameters.channels.isEmpty)
    }

    // MARK: Transport

    struct Choice: CustomTestStringConvertible {
        let query: String
        let accept: String?
        let transport: ReadParameters.Transport

        init(_ query: String, _ accept: String?, _ transport: ReadParameters.Transport) {
            self.query = query
            self.accept = accept
            self.transport = transport
        }

        var testDescription: String { "\(self.query) \(self.accept ?? "-")" }
    }

    @Test(arguments: [
        Choice("transport=sse", nil, .eventStream), Choice("transport=poll", "text/event-stream", .poll),
        Choice("transport=poll-sse", "text/event-stream", .pollEventStream),
        Choice("TRANS_port=sse", "application/json", .eventStream), Choice("transport=", "application/json", .poll),
        Choice("", "text/event-stream", .eventStream), Choice("", "application/json", .poll), Choice("", nil, .poll),
        Choice("", "*/*", .poll), Choice("padding=true", nil, .eventStream),
        Choice("padding=true", "*/*", .eventStream),
        Choice("padding=true", "application/json", .poll), Choice("evs_preamble=2056", nil, .eventStream),
        Choice("evs_buffer_size_limit=262144", "application/json", .poll), Choice("evs_anything=1", nil, .eventStream),
        Choice("evs_last_event_id=", nil, .eventStream), Choice("padding=false", nil, .poll),
        Choice("padding=0", nil, .poll),
        Choice("padding=", nil, .poll), Choice("evil=1", nil, .poll),
        Choice("ev_start=1", nil, .poll), Choice("EVS_preamble=1", nil, .eventStream), Choice("evs=1", nil, .poll),
    ])
    func `The transport is what is asked for, else what is accepted, else what the old clients mean`(
        choice: Choice
    ) throws {
        let fields = choice.accept.map { HTTPHeaders([("Accept", $0)]) } ?? [:]
        #expect(try parameters(choice.query, fields).transport == choice.transport)
    }

    // MARK: Where to begin

    @Test(arguments: [
        "lastEventId=e-1", "lastEventID=e-1", "last_event_id=e-1", "Last-Event-ID=e-1", "LASTEVENTID=e-1",
        "evs_last_event_id=e-1", "after=e-1", "AFTER=e-1", "&lastEventId=e-1&", "lastEventId=&after=e-1",
        "after=e-1&after=e-2", "lastEventId=e-1&since=earliest", "r=17&lastEventId=e%2D1",
        "lastEventId=&lastEventId=e-1",
    ])
    func `The cursor has many names`(query: String) throws {
        #expect(try parameters(query).start == .after(Cursor(Array("e-1".utf8))))
    }

    @Test func `The field wins over the query, unless it is empty`() throws {
        #expect(try parameters("after=e-1", ["last-event-id": "e-2"]).start == .after(Cursor(Array("e-2".utf8))))
        #expect(try parameters("after=e-1", ["Last-Event-ID": ""]).start == .after(Cursor(Array("e-1".utf8))))
        #expect(try parameters("after=", ["Last-Event-ID": ""]).start == .now)
    }

    @Test func `A cursor may be anything, and is kept as it came`() throws {
        #expect(try parameters("after=%00%FF+x").start == .after(Cursor([0, 0xFF] + Array(" x".utf8))))
        #expect(try parameters("", ["Last-Event-ID": "é"]).start == .after(Cursor(Array("é".utf8))))
    }

    @Test(arguments: [
        ("since=now", ReadStart.now), ("since=earliest", .earliest), ("since=-1", .last(1)),
        ("since=-1000", .last(1_000)), ("since=", .now), ("SINCE=earliest", .earliest),
        ("since=-99999999999999999999", .last(.max)),
    ])
    func `Without a cursor reading begins where it is asked to`(query: String, start: ReadStart) throws {
        #expect(try parameters(query).start == start)
    }

    // MARK: Numbers

    @Test(arguments: [
        ("wait=0", Int64(0)), ("wait=7", 7), ("wait=120", 120), ("wait=121", 120),
        ("wait=99999999999999999999999", 120),
        ("wait=007", 7), ("wait=", 25), ("WAIT=7", 7),
    ])
    func `A poll is held as long as it asks, up to the most`(query: String, seconds: Int64) throws {
        #expect(try parameters(query).wait == .seconds(seconds))
    }

    @Test(arguments: [("limit=1", 1), ("limit=500", 500), ("limit=501", 500), ("limit=99999999999999999999", 500)])
    func `An answer has as many events as asked for, up to the most`(query: String, limit: Int) throws {
        #expect(try parameters(query).limit == limit)
    }

    @Test(arguments: [("heartbeat=0", Int64(0)), ("heartbeat=3600", 3_600), ("heartbeat=3601", 3_600)])
    func `The silence before a heartbeat is as asked for, up to the most`(query: String, seconds: Int64) throws {
        #expect(try parameters(query).heartbeat == .seconds(seconds))
    }

    @Test(arguments: [
        ("padding=true", 2_048), ("padding=false", 0), ("padding=100", 100), ("padding=8192", 8_192),
        ("padding=9000", 8_192), ("evs_preamble=2056", 2_056), ("evs_preamble=9000", 8_192), ("evsPreamble=3", 3),
        ("padding=true&evs_preamble=3000", 3_000), ("padding=true&evs_preamble=1", 2_048),
    ])
    func `Padding is as much as asked for, up to the most`(query: String, bytes: Int) throws {
        #expect(try parameters(query).padding == bytes)
    }

    @Test(arguments: [
        ("budget=1000", 1_000), ("evs_buffer_size_limit=262144", 262_144), ("budget=1&evs_buffer_size_limit=2", 1),
        ("budget=0", 0),
    ])
    func `The budget is as asked for`(query: String, bytes: Int) throws {
        #expect(try parameters(query).budget == bytes)
    }

    // MARK: Form

    private static let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"
    private static let safari =
        "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15"
    private static let chromium =
        "Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36"

    @Test(
        arguments: [
            ("", "Mozilla/5.0 (X11)", .id), ("", "curl/8", .none), ("", "", .none), ("", "xMozilla/ Firefox/1", .none),
            ("", Self.firefox, .event), ("", Self.safari, .event), ("", Self.chromium, .id),
            ("open=none", "Mozilla/5.0", .none), ("open=id", "Mozilla/5.0 Firefox/1", .id), ("open=id", "curl/8", .id),
            ("OPEN=event", "", .event),
        ] as [(String, String, Opening)])
    func `A stream begins with its id for a browser's own EventSource, or as asked for`(
        query: String, agent: String, opening: Opening
    ) throws {
        let fields: HTTPHeaders = ["User-Agent": agent, "Cache-Control": "no-store, No-Cache"]
        #expect(try parameters("transport=sse&" + query, fields).opening == opening)
    }

    @Test(
        arguments: [
            [:], ["Cache-Control": "max-age=0"], ["Cache-Control": "xno-cache"], ["Pragma": "no-cache"],
        ] as [HTTPHeaders])
    func `A library in a browser is not taken for the browser's own EventSource`(fields: HTTPHeaders) throws {
        var fields = fields
        fields.add(name: "User-Agent", value: Self.chromium)
        #expect(try parameters("transport=sse", fields).opening == .none)
    }

    @Test(arguments: [Self.firefox, Self.safari, Self.chromium])
    func `A polyfill keeps an id that its browser would forget`(agent: String) throws {
        let fields: HTTPHeaders = [
            "User-Agent": agent, "Cache-Control": "no-cache", "X-Requested-With": "XMLHttpRequest",
        ]
        #expect(try parameters("transport=sse", fields).opening == .id)
    }

    @Test(
        arguments: [
            ("", "curl/8", .id), ("", Self.firefox, .event), ("", Self.chromium, .id),
            ("open=none", Self.chromium, .none),
            ("open=event", "curl/8", .event),
        ] as [(String, String, Opening)])
    func `A polled event stream begins with its id in the form that its reader keeps`(
        query: String, agent: String, opening: Opening
    ) throws {
        let fields: HTTPHeaders = ["User-Agent": agent, "Cache-Control": "no-cache"]
        #expect(try parameters("transport=poll-sse&" + query, fields).opening == opening)
    }

    @Test func `Events are enveloped if asked for`() throws {
        #expect(try parameters("envelope=json").envelope)
    }

    @Test(arguments: [("", Int64(45)), ("wait=10", 10), ("wait=120", 45)])
    func `A script that gives up after a while is not held longer`(query: String, seconds: Int64) throws {
        let parameters = try parameters(query + "&wait=\(seconds)", ["X-Requested-With": "XMLHttpRequest"])
        #expect(parameters.lifetime == .seconds(45))
        #expect(parameters.wait == .seconds(seconds))
    }

    @Test(arguments: ["com.example.app", "", "Fetch", "XMLHttpRequests"])
    func `Whoever says something else of himself is no script that gives up`(value: String) throws {
        #expect(try parameters("", ["X-Requested-With": value]).lifetime == nil)
    }

    @Test func `A script that says what it can bear is held as any other`() throws {
        let parameters = try parameters("evs_buffer_size_limit=9", ["X-Requested-With": "XMLHttpRequest"])
        #expect(parameters.lifetime == nil)
    }

    // MARK: The rest

    @Test func `Unknown parameters and empty segments are passed over`() throws {
        let parameters = try parameters("&&a=1&=&%FF=%FF&wait=7&&r=17&utm=50%&%=1&100%=2&")
        #expect(parameters.wait == .seconds(7))
    }

    @Test func `Channels come in their order, also twice and empty`() throws {
        let parameters = try parameters("channel=a&CHANNEL=b&channel=&channel=a&channel=c%2Fd+e")
        #expect(parameters.channels == ["a", "b", "", "a", "c/d e"].map { Array($0.utf8) })
    }

    @Test func `A form is read like a query, behind it`() throws {
        let form = Array("channel=b&after=e-2&wait=3".utf8)
        let parameters = try ReadParameters(
            request("/events?channel=a&wait=7", method: .POST, body: form), defaults: defaults)
        #expect(parameters.channels == ["a", "b"].map { Array($0.utf8) })
        #expect(parameters.start == .after(Cursor(Array("e-2".utf8))))
        #expect(parameters.wait == .seconds(7))
    }

    @Test(arguments: [
        ("transport=websocket", "transport"), ("transport=SSE", "transport"), ("heartbeatForm=loud", "heartbeatForm"),
        ("since=yesterday", "since"), ("since=5", "since"), ("since=-0", "since"), ("since=-", "since"),
        ("since=--1", "since"), ("since=-%2B1", "since"), ("since=-1x", "since"), ("wait=x", "wait"),
        ("wait=-1", "wait"),
        ("wait=1.5", "wait"), ("wait=%2B1", "wait"), ("wait=1+", "wait"), ("limit=0", "limit"), ("limit=many", "limit"),
        ("heartbeat=never", "heartbeat"), ("padding=maybe", "padding"), ("evs_preamble=x", "evs"),
        ("budget=x", "budget"),
        ("evs_buffer_size_limit=-1", "evs"), ("open=yes", "open"), ("envelope=xml", "envelope"), ("wait=%", "%"),
        ("channel=%GG", "channel"), ("after=%", "after"), ("Last_Event_ID=%4", "Last_Event_ID"), ("wait=٣", "wait"),
    ])
    func `What cannot be read is refused by name`(query: String, name: String) {
        #expect {
            try parameters(query)
        } throws: { error in
            let problem = error as? Problem
            return problem?.status == .badRequest && problem?.detail.contains(name) == true
        }
    }
}
