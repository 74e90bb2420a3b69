import NIOHPACK
import NIOHTTP1
import Testing

@testable import HTTPServing

/// What heads of HTTP/2 have in common with those of HTTP/1.1.
@Suite struct RequestHeadHTTP2Tests {
    private func head(_ fields: [(String, String)]) throws -> RequestHead {
        try RequestHead(
            HPACKHeaders([(":method", "POST"), (":scheme", "https"), (":path", "/"), (":authority", "a")] + fields),
            Limits())
    }

    @Test func `A length may be given once`() throws {
        #expect(try head([("content-length", "3")]).known.contentLength == 3)
    }

    @Test(arguments: [["3", "3"], ["3", "4"], ["", "3"], ["3, 3"], ["+3"], [""]])
    func `A length that is no number, or is given twice, is refused`(lengths: [String]) {
        #expect { try head(lengths.map { ("content-length", $0) }) } throws: {
            ($0 as? Problem)?.status == .badRequest
        }
    }
}
