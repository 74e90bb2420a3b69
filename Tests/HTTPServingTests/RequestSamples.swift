import TestSupport

/// Connections' bytes for the parser of HTTP/1: good, odd and hostile.
enum RequestSamples {
    private static let chunked = "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    private static let next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n"

    private static let good = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /é?a=b&c=%20 HTTP/1.0\r\n\r\n",
        "HEAD /?a?b HTTP/1.1\r\nHost: [::1]:80\r\nA: \t b c\t \r\nB:\r\nA: é\r\n\r\n" + next,
        "\r\n\r\nOPTIONS * HTTP/1.1\r\nHost:\r\n\r\n" + next,
        "GET http://a:80/b?c HTTP/1.1\r\nHost: x\r\n\r\nGET https://b?c HTTP/1.1\r\nHost: b\r\n\r\n",
        "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab\r\nc" + next,
        "POST / HTTP/1.1\r\nContent-Length: 00\r\n\r\n" + next,
        "POST / HTTP/1.0\r\nConnection: Keep-Alive\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\nConnection: keep-alive , close\r\n\r\n" + next,
        "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + next,
        "DELETE /a HTTP/1.1\r\n!#$%&'*+-.^_`|~09az: ,;\"\\\r\n\r\n" + next + next,
        chunked + "0\r\n\r\n" + next, chunked + "3\r\nabc\r\n00A\r\n0123456789\r\n0\r\n\r\n" + next,
        chunked + "1;a=\"b;\"\r\nx\r\n2 ; c\r\n\r\n\r\n0;z\r\nA: b\r\nC:\r\n\r\n" + next,
        "PUT /c HTTP/1.1\r\ntransfer-encoding:\tChunked \r\nExpect: 100-continue\r\n\r\n3\r\nab",
        "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc",
    ]

    private static let odd = [
        "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "GET / HTTP/1.1\r\nA:\r\n\tb\r\n\r\n",
        "GET / HTTP/1.1\r\n A: b\r\n\r\n",
        "GET / HTTP/1.1\nA: b\n\n", "GET / HTTP/1.1\r\nA: b\n\r\n", "GET / HTTP/1.1\rA: b\r\r",
        "\rGET / HTTP/1.1\r\n\r\n",
        "CONNECT / HTTP/1.1\r\n\r\n", "CONNECT a:4?43 HTTP/1.1\r\n\r\n", "CONNECT a\" HTTP/1.1\r\n\r\n",
        "CONNECT http://a:443 HTTP/1.1\r\n\r\n", "CONNECT a HTTP/1.1\r\n\r\n", "OPTIONS a:443 HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nConnection: \"a, close\r\n\r\n" + next,
        "GET / HTTP/1.0\r\nConnection: keep-alive\t\r\n\r\n" + next,
        "\nGET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nA : b\r\n\r\n", "GET / HTTP/1.1\r\nA\t: b\r\n\r\n", "GET / HTTP/1.1\r\n: b\r\n\r\n",
        "GET / HTTP/1.1\r\nA\r\n\r\n", "GET / HTTP/1.1\r\nA: \0b\r\n\r\n", "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n",
        "GET / HTTP/1.1\r\nA: \u{1}\u{7F}\r\n\r\n", "GET /a b HTTP/1.1\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1 \r\n\r\n", " GET / HTTP/1.1\r\n\r\n", "GET\t/\tHTTP/1.1\r\n\r\n", "GET /#a HTTP/1.1\r\n\r\n",
        "GET a HTTP/1.1\r\n\r\n", "GET * HTTP/1.1\r\n\r\n", "GET http:///a HTTP/1.1\r\n\r\n",
        "GET http://u@a/ HTTP/1.1\r\n\r\n",
        "GET ftp://a/ HTTP/1.1\r\n\r\n", "get / HTTP/1.1\r\n\r\n", "FLY / HTTP/1.1\r\n\r\n",
        "SOURCE / HTTP/1.1\r\n\r\n",
        "GET / http/1.1\r\n\r\n", "GET / HTTP/1.2\r\n\r\n", "GET / HTTP/0.9\r\n\r\n", "GET / HTTP/2.0\r\n\r\n",
        "GET / HTTP/11\r\n\r\n", "GET /\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET / ICE/1.0\r\n\r\n", "GET / RTSP/1.0\r\n\r\n",
    ]

    private static let lengths = [
        "Content-Length: 3\r\nContent-Length: 3", "Content-Length: 3\r\nContent-Length: 4", "Content-Length: 3, 3",
        "Content-Length: +3", "Content-Length: -3", "Content-Length: 0x3", "Content-Length: 3 ", "Content-Length: 3 3",
        "Content-Length:", "Content-Length: 99999999999999999999", "Content-Length: 18446744073709551619",
        "Content-Length: 9223372036854775807", "Content-Length : 3", "Content-Length\t: 3", "Content-Length: \t3\t",
        "Content-Length: 3\r\n ", "Content-Length: 3;a", "Content_Length: 3", "Content-Length: 000000000000000000003",
        "Transfer-Encoding:\r\nContent-Length: 3", "Transfer-Encoding: chunked\r\nContent-Length: 3",
        "Content-Length: 3\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding : chunked", "Transfer-Encoding: chunked\r\n ", "Transfer-Encoding:\r\n chunked",
        "Transfer-Encoding: xchunked", "Transfer-Encoding: chunkedx", "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: chunked,",
        "Transfer-Encoding: , chunked", "Transfer-Encoding: ,\t ,chunked,,", "Transfer-Encoding: \u{B}chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding: \"chunked\"", "Transfer-Encoding: identity", "Transfer-Encoding:", "Transfer-Encoding: ,",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding:", "Transfer-Encoding:\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chu\r\n nked", "Transfer_Encoding: chunked", "Transfer-Encoding: chunked\u{A0}",
    ].flatMap { fields in
        ["1", "0"].map { "POST / HTTP/1.\($0)\r\n\(fields)\r\n\r\n3\r\nabc\r\n0\r\n\r\n" + next }
    }

    private static let chunks = [
        "\r\n", "x\r\n", "-1\r\n", "+1\r\na\r\n", "0x1\r\na\r\n", " 1\r\na\r\n", "1 \r\na\r\n", "1\t\r\na\r\n",
        "1 x\r\na\r\n", "1\na\r\n",
        "1\r\na\n", "1\r\nab\r\n", "1\r\na", "1\r\na0\r\n\r\n", "1;\na\r\n", "1;a\nb\r\na\r\n", "1;a\rb\r\na\r\n",
        "1;\0\r\na\r\n",
        "1;;=\r\na\r\n", "1;a=\"\r\na\r\n", "1;a=\"\\\r\na\r\n", "1;a b\r\na\r\n", "1;é\r\na\r\n",
        "00000000000000001\r\na\r\n",
        "FFFFFFFFFFFFFFFF\r\na\r\n", "10000000000000001\r\na\r\n", "7fffffffffffffff\r\na\r\n", "1,\r\na\r\n",
        "1\0\r\na\r\n",
        "0\r\nA\r\n\r\n", "0\r\n: b\r\n\r\n", "0\r\nA : b\r\n\r\n", "0\r\n A: b\r\n\r\n", "0\r\nA: b\n\r\n",
        "0\r\nA: b\r\n\n",
        "0\r\nA: \0\r\n\r\n", "0\r\nA: b\r\n c\r\n\r\n", "0\r\nContent-Length: 5\r\n\r\n",
        "0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "0\r\n\n", "0\n\r\n", "0\r\r\n\r\n", "0\r\nx", "0\r\n\rx", "0\r\nA: b\rc\r\n\r\n",
    ].map { chunked + "2\r\nab\r\n" + $0 + "0\r\n\r\n" + next }

    static let table = (good + odd + lengths + chunks).map { Array($0.utf8) }

    private static let pieces: [[UInt8]] =
        [
            "\r", "\n", "\r\n", "\r\n\r\n", " ", "\t", ":", ",", ";", "\0", "\u{B}", "\u{7F}", "\"", "\\", "é", "#",
            "?", "/", "*", "0",
            "1", "f", "-", "+", "chunked", ", chunked", "chunked,", "identity", "HTTP/1.0", "HTTP/1.1", "http://a",
            "0\r\n\r\n",
            "\r\nContent-Length: 3", "\r\nContent-Length: 0", "\r\nTransfer-Encoding: chunked",
            "\r\nTransfer-Encoding:",
            "\r\nConnection: close", "\r\nConnection: keep-alive", "\r\nA: b", "\r\n ", "\r\nHost: b", ";a=b",
            "GET / HTTP/1.1\r\n\r\n", "POST ", "OPTIONS ", "CONNECT ",
        ].map { Array($0.utf8) } + [[0x80], [0xFF], [0xC3]]

    /// One of the table with a few bytes taken out, doubled, put in or changed.
    static func random(_ random: inout SeededGenerator) -> [UInt8] {
        var bytes = self.table.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let start = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, start + Int.random(in: 0...4, using: &random))
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes.removeSubrange(start..<end)
            case 1: bytes.insert(contentsOf: bytes[start..<end], at: start)
            case 2: if start < end { bytes[start] = UInt8.random(in: 0...255, using: &random) }
            default: bytes.insert(contentsOf: self.pieces.randomElement(using: &random) ?? [], at: start)
            }
        }
        return bytes
    }
}
