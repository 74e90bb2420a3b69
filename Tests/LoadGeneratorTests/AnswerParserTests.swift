import Testing

@testable import LoadGenerator

@Suite struct AnswerParserTests {
    /// What was read of all pieces, the content put together.
    private struct Reading: Equatable {
        var statuses: [Int] = []
        var content = ""
        var ends = 0
        var hasFailed = false
        var cursor = Cursor()
        var closes = false

        init() {}

        init(_ pieces: [[UInt8]]) {
            var parser = AnswerParser()
            for piece in pieces {
                piece.withUnsafeBytes { bytes in
                    var offset = 0
                    while !self.hasFailed, let step = parser.next(bytes, from: &offset) {
                        switch step {
                        case .head(let status): self.statuses.append(status)
                        case .content(let range): self.content += String(decoding: bytes[range], as: UTF8.self)
                        case .end: self.ends += 1
                        case .failure: self.hasFailed = true
                        }
                    }
                }
            }
            self.cursor = parser.cursor
            self.closes = parser.closes
        }
    }

    @Test(
        "however an answer is cut, the same is read",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", [200], "hello", 1),
            (
                "HTTP/1.1 200 OK\r\ncontent-length:5\r\n\r\nhelloHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok",
                [200, 201], "hellook", 2
            ),
            (
                "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", [204, 304], "",
                2
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n, world...\r\n0\r\n\r\n",
                [200], "hello, world...", 1
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nTrailer: x\r\n\r\nHTTP/1.1 503 No\r\n"
                    + "Content-Length: 0\r\n\r\n", [200, 503], "ab", 2
            ),
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n", [201], "", 1),
            (
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: until the end", [200],
                "data: until the end", 0
            ),
        ])
    func answers(_ text: String, _ statuses: [Int], _ content: String, _ ends: Int) {
        for pieces in cuts(text) {
            let reading = Reading(pieces)
            #expect(reading.statuses == statuses)
            #expect(reading.content == content)
            #expect(reading.ends == ends)
            #expect(!reading.hasFailed)
        }
    }

    @Test("the fields that make a cursor are kept until the next answer")
    func cursor() {
        let answer = """
            HTTP/1.1 200 OK\r\nLAST-EVENT-ID:  e-17 \r\nEtag: 3\r\nLast-Modified: Tue, 25 Nov\r\nConnection: close\r\n\
            Content-Length: 0\r\n\r\n
            """
        for pieces in cuts(answer) {
            let reading = Reading(pieces)
            #expect(reading.cursor.lastEventID == Array("e-17".utf8))
            #expect(reading.cursor.entityTag == Array("3".utf8))
            #expect(reading.cursor.lastModified == Array("Tue, 25 Nov".utf8))
            #expect(reading.closes)
        }
        let next = Reading([Array((answer + "HTTP/1.1 200 OK\r\n").utf8)])
        #expect(next.cursor == Cursor())
        #expect(!next.closes)
    }

    @Test(
        "what is no answer fails",
        arguments: [
            "SSH-2.0-OpenSSH\r\n", "HTTP/2 200\r\n", "HTTP/1.1 2x0 OK\r\n", "\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
        ])
    func failures(_ text: String) {
        for pieces in cuts(text) { #expect(Reading(pieces).hasFailed) }
    }
}
