import NIOHTTP1
import Testing

@testable import HTTPServing

@Suite struct KnownFieldsTests {
    private func known(_ fields: HTTPHeaders) -> KnownFields { RequestHead.parsed(.GET, fields, host: nil).known }

    @Test func `Without fields nothing is known`() {
        let known = known([:])
        #expect(known.hostCount + known.contentLengths + known.transferEncodings == 0)
        #expect(
            known.connection.isEmpty && known.transferCoding == .none && !known.expectsContinue && !known.isByScript)
        #expect(known.contentLength == nil && known.origin == nil && known.accept == nil && known.lastEventID == nil)
    }

    static let fields = [
        ("Host", "h"), ("Content-Length", "12"), ("Expect", "100-Continue"), ("Origin", "o"), ("Accept", "a"),
        ("Last-Event-ID", "e-1"), ("X-Requested-With", "xmlHTTPrequest"), ("Transfer-Encoding", "Chunked"),
        ("Connection", "Close"),
    ]

    @Test(arguments: [
        Self.fields, Self.fields.map { ($0.lowercased(), $1) }, Self.fields.map { ($0.uppercased(), $1) },
    ])
    func `Names are known in whatever case`(fields: [(String, String)]) {
        var known = KnownFields()
        for (name, value) in fields {
            var (name, value) = (name, value)
            name.withUTF8 { name in value.withUTF8 { known.take(.init(name), .init($0), at: 0) } }
        }
        #expect(known.hostCount == 1)
        #expect(known.contentLengths == 1 && known.contentLength == 12)
        #expect(known.transferEncodings == 1 && known.transferCoding == .chunked)
        #expect(known.expectsContinue && known.isByScript)
        #expect(known.connection == .close)
        #expect(known.origin == "o")
        #expect(known.accept == Array("a".utf8))
        #expect(known.lastEventID == Array("e-1".utf8))
    }

    @Test func `The first of several counts, and hosts are counted`() {
        let known = known(
            HTTPHeaders([
                ("Host", "a"), ("host", "b"), ("Origin", "a"), ("Origin", "b"), ("Accept", ""), ("Accept", "b"),
            ]))
        #expect(known.hostCount == 2)
        #expect(known.origin == "a")
        #expect(known.repeated?.description == "Origin")
        #expect(known.accept == Array(",b".utf8))
    }

    @Test(
        arguments: [
            ("close", .close), ("keep-alive", .keepAlive), ("Upgrade", .upgrade), ("TE", []), ("", []),
            (" keep-alive ,\tTE, close", [.keepAlive, .close]), ("closed", []),
            ("keep-alive,,upgrade", [.keepAlive, .upgrade]),
        ] as [(String, KnownFields.Connection)])
    func `What becomes of the connection is found in a list`(value: String, connection: KnownFields.Connection) {
        #expect(known(HTTPHeaders([("Connection", value)])).connection == connection)
    }

    @Test(
        arguments: [
            (["chunked"], .chunked), (["Chunked"], .chunked), ([], .none), (["gzip"], .unknown),
            (["gzip, chunked"], .unknown),
            (["gzip", "chunked"], .unknown), (["chunked", "chunked"], .unframed), (["chunked, gzip"], .unframed),
            (["chunked;q=1"], .unknown), (["\"chunked\""], .unknown), (["identity"], .unknown),
            (["xchunked"], .unknown),
            // Proxies differ over what an empty member is.
            ([""], .unframed), (["", "chunked"], .unframed), ([",chunked"], .unframed), (["chunked ,"], .unframed),
            (["chunked", ""], .unframed),
        ] as [([String], TransferCoding)])
    func `The transfer coding is the whole list`(lines: [String], coding: TransferCoding) {
        var known = KnownFields()
        for line in lines {
            var (name, line) = ("transfer-encoding", line)
            name.withUTF8 { name in line.withUTF8 { known.take(.init(name), .init($0), at: 0) } }
        }
        #expect(known.transferCoding == coding)
    }

    @Test(arguments: ["com.example.app", "", "XMLHttpRequest2", "XMLHttp"])
    func `A script is known by what it says, not by saying something`(value: String) {
        #expect(!known(["X-Requested-With": value]).isByScript)
    }

    @Test(arguments: ["Hosts", "Hos", "Xost", "Accepts", "Content_Length", "Last_Event_ID", "Origim"])
    func `Names that only resemble these are not`(name: String) {
        let known = known(HTTPHeaders([(name, "1")]))
        #expect(known.hostCount + known.contentLengths == 0)
        #expect(known.origin == nil && known.accept == nil && known.lastEventID == nil)
    }

    @Test(arguments: [
        ("0", 0), ("00012", 12), ("999999999999999999", 999_999_999_999_999_999), ("1000000000000000000", nil),
        ("", nil),
        ("1x", nil), ("-1", nil), ("+1", nil), ("1 2", nil), ("0x10", nil), ("1.0", nil), ("1,1", nil), ("٣", nil),
    ])
    func `A length is decimal digits`(value: String, length: Int?) {
        var (known, value) = (KnownFields(), value)
        value.withUTF8 { value in
            "content-length".withCString { known.take(.init(start: $0, count: 14), .init(value), at: 0) }
        }
        #expect(known.contentLength == length)
        #expect(known.contentLengths == 1)
    }
}
