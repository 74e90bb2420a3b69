import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServing

@Suite struct HTTP1HeadTests {
    private func text(_ framing: HTTP1Head.Framing, connection: String? = nil, into start: String = "") -> String {
        let head = HTTP1Head(
            status: .ok,
            fields: ResponseFields(
                common: CommonFields(date: "today"), own: ["A": "1", "B": ""], cors: ["C": "2"],
                transportSecurity: nil),
            framing: framing, connection: connection)
        var buffer = ByteBuffer(string: start)
        head.write(into: &buffer, reserving: 3)
        return String(buffer: buffer)
    }

    private static let start = "HTTP/1.1 200 OK\r\nServer: pollux\r\nDate: today\r\nA: 1\r\nB: \r\nC: 2\r\n"

    @Test(arguments: [
        (HTTP1Head.Framing.length(12), nil, "Content-Length: 12\r\n\r\n"),
        (.length(0), nil, "Content-Length: 0\r\n\r\n"),
        (.length(nil), nil, "\r\n"), (.chunked, "close", "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"),
        (.untilClose, nil, "\r\n"), (.length(1), "keep-alive", "Content-Length: 1\r\nConnection: keep-alive\r\n\r\n"),
    ])
    func `A head says how its content ends, and what becomes of the connection`(
        framing: HTTP1Head.Framing, connection: String?, end: String
    ) {
        #expect(text(framing, connection: connection) == Self.start + end)
    }

    @Test func `A head is written behind what the buffer holds`() {
        #expect(text(.untilClose, into: "before") == "before" + Self.start + "\r\n")
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (1_767_225_599, "Wed, 31 Dec 2025 23:59:59 GMT"),
        (4_102_444_800, "Fri, 01 Jan 2100 00:00:00 GMT"),
    ])
    func `Dates are written as HTTP wants them`(second: Int, text: String) {
        #expect(HTTPDate.text(second) == text)
    }
}
