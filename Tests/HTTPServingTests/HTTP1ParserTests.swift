import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServing

@Suite struct HTTP1ParserTests {
    /// What a parser finds, as text: a line for each part, and the status of the problem that ends it.
    private func parts(of pieces: [[UInt8]], headSize: Int = 1_000, fieldCount: Int = 10) -> [String] {
        var parser = HTTP1Parser(headSize: headSize, fieldCount: fieldCount)
        var parts: [String] = []
        var content = ""
        for piece in pieces {
            parser.append(ByteBuffer(bytes: piece))
            do {
                while let part = try parser.next() {
                    switch part {
                    case .head(let head): parts.append(self.text(head))
                    case .body(let bytes): content += String(buffer: bytes)
                    case .end:
                        parts.append("end " + content)
                        content = ""
                    }
                }
            } catch {
                parts.append("\(error.problem.status.code)")
            }
        }
        return parts
    }

    private func text(_ head: RequestHead) -> String {
        let fields = head.headers.map { " \($0.name)=\($0.value)" }.joined()
        return
            "\(head.method) \(String(decoding: head.target.path + (head.target.query.isEmpty ? [] : [0x3F] + head.target.query), as: UTF8.self)) \(head.isHTTP10 ? "1.0" : "1.1")\(fields)"
    }

    /// The text whole, byte by byte, and in two at every byte.
    private func cuts(of text: String) -> [[[UInt8]]] {
        let bytes = Array(text.utf8)
        return [[bytes], bytes.map { [$0] }] + bytes.indices.map { [Array(bytes[..<$0]), Array(bytes[$0...])] }
    }

    struct Case: CustomTestStringConvertible {
        let text: String
        let parts: [String]

        init(_ text: String, _ parts: String...) {
            self.text = text
            self.parts = parts
        }

        var testDescription: String { self.text.debugDescription }
    }

    private static let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    private static let chunkedHead = "POST / 1.1 Transfer-Encoding=chunked"

    @Test(arguments: [
        Case("GET / HTTP/1.1\r\n\r\n", "GET / 1.1", "end "),
        Case("GET /é?a=b HTTP/1.0\r\n\r\n", "GET /é?a=b 1.0", "end "),
        Case("\r\n\r\nOPTIONS * HTTP/1.1\r\n\r\n", "OPTIONS * 1.1", "end "),
        Case(
            "GET / HTTP/1.1\r\nA: b\r\nC:\r\nD:e\r\nF: \t g h\t \r\nA: i\r\n\r\n", "GET / 1.1 A=b C= D=e F=g h A=i",
            "end "),
        Case("GET / HTTP/1.1\r\n!#$%&'*+-.^_`|~09az: é\tü\r\n\r\n", "GET / 1.1 !#$%&'*+-.^_`|~09az=é\tü", "end "),
        Case("GET / HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n", "GET / 1.1", "end ", "GET /b 1.1", "end "),
        Case("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcPOST /", "POST / 1.1 Content-Length=3", "end abc"),
        Case("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n\r\n", "POST / 1.1 Content-Length=0", "end "),
        Case(
            "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n\r\n\r\nDELETE / HTTP/1.1\r\n\r\n",
            "POST / 1.1 Content-Length=4", "end \r\n\r\n", "DELETE / 1.1", "end "),
        Case(chunked + "3\r\nabc\r\n00A\r\n0123456789\r\n0\r\n\r\n", chunkedHead, "end abc0123456789"),
        Case(
            chunked + "1;a=\"b\"\r\nx\r\n1 ; a\r\ny\r\n0;z\r\nA: b\r\nC: d\r\n\r\nGET / HTTP/1.1\r\n\r\n", chunkedHead,
            "end xy", "GET / 1.1", "end "),
        Case("GET / HTTP/1.1\r\n", ""), Case("", ""), Case("\r\n", ""),
    ])
    func `Requests are found in the bytes, however they are cut`(testCase: Case) {
        let expected = testCase.parts == [""] ? [] : testCase.parts
        for pieces in cuts(of: testCase.text) { #expect(parts(of: pieces) == expected) }
    }

    @Test(arguments: [
        ("GET /\r\n\r\n", "400"), (" GET / HTTP/1.1\r\n\r\n", "400"), ("GET  / HTTP/1.1\r\n\r\n", "400"),
        ("GET / HTTP/1.1 \r\n\r\n", "400"), ("GET /a b HTTP/1.1\r\n\r\n", "400"), ("GET\t/ HTTP/1.1\r\n\r\n", "400"),
        ("GET /\t HTTP/1.1\r\n\r\n", "400"), ("GET / HTTP/1.1\n\n", "400"), ("GET / HTTP/1.1\r\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", "400"), ("GET / HTTP/1.1\r\nA: b\rC: d\r\n\r\n", "400"),
        ("GET / http/1.1\r\n\r\n", "400"), ("GET / HTTP/1.10\r\n\r\n", "400"), ("GET / HTTP/2.0\r\n\r\n", "505"),
        ("GET / HTTP/1.2\r\n\r\n", "505"), ("GET / HTTPS/1.1\r\n\r\n", "400"), ("GET / HTTP/1.\r\n\r\n", "400"),
        ("get / HTTP/1.1\r\n\r\n", "501"), ("FLY / HTTP/1.1\r\n\r\n", "501"), ("G@T / HTTP/1.1\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nA : b\r\n\r\n", "400"), ("GET / HTTP/1.1\r\n A: b\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "400"), ("GET / HTTP/1.1\r\n: b\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nA\r\n\r\n", "400"), ("GET / HTTP/1.1\r\nA(: b\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\né: b\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nA: \0\r\n\r\n", "400"), ("GET / HTTP/1.1\r\nA: \u{7F}\r\n\r\n", "400"),
        ("GET /\u{1} HTTP/1.1\r\n\r\n", "400"),
        ("\u{16}\u{3}\u{1}", "400"), ("\n", "400"),
        ("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nContent-Length:\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nContent-Length: 9999999999999999999\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "501"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: identity\r\n\r\n", "501"),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n", "501"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding:\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked,\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: , chunked\r\n\r\n", "400"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding:\r\nTransfer-Encoding: chunked\r\n\r\n", "400"),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: gzip\r\n\r\n", "400"), ("GET * HTTP/1.1\r\n\r\n", "400"),
        ("GET /#a HTTP/1.1\r\n\r\n", "400"), ("GET http:///x HTTP/1.1\r\n\r\n", "400"),
    ])
    func `What is no request is refused, however it is cut`(text: String, status: String) {
        for pieces in cuts(of: text) { #expect(parts(of: pieces) == [status], "\(pieces.map(\.count))") }
    }

    @Test(arguments: [
        "\r\n", "x\r\n", "-1\r\n", "+1\r\n", "0x1\r\n", " 1\r\n", "1 x\r\n", "1\t1\r\n", "1\n", "1\r\nxy\r\n",
        "1\r\nx\n", "1\r\nx0\r\n\r\n",
        "1111111111111111\r\n", "1;" + String(repeating: "x", count: 300), "1;\0\r\n", "0\r\nA\r\n\r\n",
        "0\r\n: b\r\n\r\n",
        "0\r\nA : b\r\n\r\n", "0\r\n A: b\r\n\r\n", "0\r\nA: b\n\r\n", "٣\r\n",
    ])
    func `Chunks that are none are refused, however they are cut`(text: String) {
        for pieces in cuts(of: Self.chunked + text) {
            #expect(parts(of: pieces) == [Self.chunkedHead, "400"], "\(pieces.map(\.count))")
        }
    }

    @Test func `Behind what is no request there is nothing more`() {
        let text = Array("x\r\n\r\n".utf8)
        #expect(parts(of: [text, Array("GET / HTTP/1.1\r\n\r\n".utf8), text]) == ["400"])
    }

    // MARK: Limits

    private func head(_ count: Int) -> String {
        let start = "GET / HTTP/1.1\r\nA: "
        return start + String(repeating: "x", count: count - start.utf8.count - 4) + "\r\n\r\n"
    }

    @Test func `A head of exactly the limit is taken, a larger one refused`() {
        #expect(parts(of: [Array(head(100).utf8)], headSize: 100).count == 2)
        for pieces in cuts(of: head(101)) { #expect(parts(of: pieces, headSize: 100) == ["431"]) }
    }

    @Test func `A head is refused as soon as it is too large`() {
        let line = Array(String(repeating: "x", count: 100).utf8)
        #expect(parts(of: [line], headSize: 100) == ["431"])
        #expect(parts(of: [Array(line.dropLast())], headSize: 100).isEmpty)
    }

    @Test func `As many fields as the limit are taken, more refused`() {
        let start = "GET / HTTP/1.1\r\n"
        #expect(parts(of: [Array((start + "A: a\r\nB: b\r\n\r\n").utf8)], fieldCount: 2).count == 2)
        #expect(parts(of: [Array((start + "A: a\r\nB: b\r\nC: c\r\n").utf8)], fieldCount: 2) == ["431"])
    }

    @Test func `Trailer fields of more than a head's size are refused`() {
        let trailer = Self.chunked + "0\r\n" + String(repeating: "A: b\r\n", count: 20)
        #expect(parts(of: [Array(trailer.utf8)], headSize: 100) == [Self.chunkedHead, "431"])
        #expect(parts(of: [Array((trailer + "\r\n").utf8)], headSize: 150) == [Self.chunkedHead, "end "])
    }

    @Test func `An extension of a chunk has the same bound in one piece as in many`() {
        let extended = Self.chunked + "1;" + String(repeating: "x", count: 254) + "\r\na\r\n0\r\n\r\n"
        for pieces in cuts(of: extended) { #expect(parts(of: pieces) == [Self.chunkedHead, "end a"]) }
        let tooLong = Self.chunked + "1;" + String(repeating: "x", count: 255) + "\r\na\r\n0\r\n\r\n"
        for pieces in cuts(of: tooLong) { #expect(parts(of: pieces) == [Self.chunkedHead, "400"]) }
    }

    @Test func `The extensions of all chunks and the trailer are bounded in sum`() {
        let chunk = "1;" + String(repeating: "x", count: 19) + "\r\na\r\n"
        let chunks = String(repeating: chunk, count: 5)
        #expect(parts(of: [Array((Self.chunked + chunks + "0\r\n\r\n").utf8)], headSize: 100).last == "end aaaaa")
        for end in ["1;x\r\na\r\n0\r\n\r\n", "0\r\nA: b\r\n\r\n"] {
            #expect(parts(of: [Array((Self.chunked + chunks + end).utf8)], headSize: 100) == [Self.chunkedHead, "431"])
        }
    }

    @Test func `What cannot be used says of which origin the page is, as far as that has come`() {
        func origin(_ text: String) -> String? {
            var parser = HTTP1Parser(headSize: 200, fieldCount: 2)
            parser.append(ByteBuffer(string: text))
            do {
                while try parser.next() != nil {}
                return parser.originSoFar
            } catch {
                return error.origin
            }
        }
        #expect(origin("FLY / HTTP/1.1\r\nHost: x\r\norigin: https://a\r\n\r\n") == "https://a")
        #expect(origin("GET / HTTP/2.0\r\nOrigin:https://a \r\nHost: x\r\n\r\n") == "https://a")
        #expect(origin("GET / HTTP/1.1\r\nOrigin: a\r\nB: \(String(repeating: "x", count: 200))\r\n\r\n") == "a")
        #expect(origin("POST / HTTP/1.1\r\nOrigin: a\r\nTransfer-Encoding: gzip\r\n\r\n") == "a")
        #expect(origin("GET / HTTP/1.1\r\nOrigin: a\r\nHost: x") == "a")
        #expect(origin("GET / HTTP/1.1\r\nOrigin: a") == nil)
        #expect(origin("GET /?\nOrigin:a HTTP/1.1\r\n\r\n") == nil)
        #expect(origin("FLY / HTTP/1.1\r\nHost: x\r\n\r\n") == nil)
        #expect(origin("FLY / HTTP/1.1\r\nHost: x\r\n\r\nOrigin: https://a\r\n\r\n") == nil)
        // Neither what is in the content, or in the next request, nor a request line that looks like the field.
        #expect(origin("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nOrigin: a\r\n") == nil)
        #expect(origin("FLY / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nOrigin: a\r\n\r\n") == nil)
        #expect(origin("Origin: a\r\n") == nil)
    }

    @Test func `Nothing is held of what has been looked at`() throws {
        var parser = HTTP1Parser(headSize: 100, fieldCount: 10)
        parser.append(ByteBuffer(string: "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"))
        while try parser.next() != nil {}
        #expect(parser.isEmpty)
        parser.append(ByteBuffer(string: "\r"))
        #expect(try parser.next() == nil)
        #expect(!parser.isEmpty)
    }
}
