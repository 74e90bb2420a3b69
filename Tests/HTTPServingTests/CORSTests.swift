import NIOHTTP1
import Testing

@testable import HTTPServing

@Suite struct CORSTests {
    private let open = CORS()
    private let closed = CORS(
        allowed: ["https://a.example", "http://localhost:8000"], requestHeaders: ["X-Tenant"],
        ownOrigins: OwnOrigins { $0 == "pollux.example" })
    private static let exposed = "Last-Event-ID, Link, Retry-After, RateLimit, RateLimit-Policy, Idempotency-Replayed"

    @Test(arguments: ["https://a.example", "null", nil])
    func `Without a list everybody may read, without credentials`(origin: String?) {
        let expected: HTTPHeaders = ["Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": Self.exposed]
        #expect(open.headers(for: origin) == expected)
    }

    @Test(arguments: ["https://a.example", "http://localhost:8000", "https://a.example:443", "HTTPS://A.example"])
    func `An origin on the list may read, with credentials`(origin: String) {
        let expected: HTTPHeaders = [
            "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true", "Vary": "Origin",
            "Access-Control-Expose-Headers": Self.exposed,
        ]
        #expect(closed.headers(for: origin) == expected)
    }

    @Test(arguments: [
        "https://b.example", "http://a.example", "https://a.example:444", "https://a.example.evil", "null", "", nil,
        "https://a.example\r\nX: x",
    ])
    func `Any other origin is told nothing but that it matters`(origin: String?) {
        #expect(closed.headers(for: origin) == ["Vary": "Origin"])
    }

    private func request(_ fields: HTTPHeaders, host: String? = "pollux.example:8080") -> Request {
        Request(.parsed(.POST, fields, host: host))
    }

    private func preflight(_ fields: HTTPHeaders) -> Request { Request(.parsed(.OPTIONS, fields)) }

    @Test(arguments: [
        (nil, true), ("https://a.example", true), ("https://b.example", false), ("null", false),
        ("http://pollux.example:8080", true), ("https://pollux.example:8080", false), ("http://pollux.example", false),
        ("http://evil-pollux.example:8080", false), ("http://evil.example/://pollux.example:8080", false), ("", false),
    ])
    func `With a list those on it may write, the server's own pages, and whoever is no page`(
        origin: String?, mayWrite: Bool
    ) {
        let fields = origin.map { HTTPHeaders([("Origin", $0)]) } ?? [:]
        #expect(closed.allowsWrite(request(fields)) == mayWrite)
        #expect(open.allowsWrite(request(fields)))
    }

    @Test func `Without a host no page is the server's own`() {
        #expect(!closed.allowsWrite(request(["Origin": "http://"], host: nil)))
        #expect(!closed.allowsWrite(request(["Origin": "http://"], host: "")))
    }

    private func allowed(_ further: String = "") -> HTTPHeaders {
        [
            "Allow": "GET, OPTIONS",
            "Access-Control-Allow-Methods": "GET, HEAD, POST, DELETE, OPTIONS",
            "Access-Control-Allow-Headers":
                "Accept, Authorization, Cache-Control, Content-Type, Idempotency-Key, Last-Event-ID, X-Requested-With, "
                + "traceparent, tracestate, baggage" + further,
            "Access-Control-Max-Age": "7200",
        ]
    }

    @Test func `A preflight is told methods, fields and for how long`() {
        let response = open.answer(toOther: preflight([:]), allow: "GET, OPTIONS")
        #expect(response.status == .noContent)
        #expect(response.body == nil)
        #expect(response.headers == allowed())
    }

    @Test func `With a list only those on it see a preflight`() {
        #expect(
            closed.answer(toOther: preflight(["Origin": "https://a.example"]), allow: "GET, OPTIONS").headers
                == allowed(", X-Tenant"))
        for fields: HTTPHeaders in [[:], ["Origin": "https://b.example"]] {
            #expect(
                closed.answer(toOther: preflight(fields), allow: "GET, OPTIONS").headers == ["Allow": "GET, OPTIONS"])
        }
    }
}
