import HTTPServing
import NIOCore
import NIOHTTP1

/// A poll's answer as a script that calls a function with it: for pages of another origin in browsers that know no CORS.
enum JSONP {
    static let headers: HTTPHeaders = [
        "Content-Type": "application/javascript",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    ]

    /// The function's name.
    ///
    /// - Throws: ``Problem``: 400 for a name that is none, 403 for a request that tells who sends it: a script is given
    ///   to whatever page asks, so a page could read in another's name.
    static func callback(_ name: String?, _ request: Request) throws(Problem) -> String {
        for field in ["Cookie", "Authorization"] where request.header(field) != nil {
            throw .forbidden("transport=jsonp is not for requests with \(field): pages of every origin could read it")
        }
        guard let name else { throw .badRequest("callback is missing: the function that transport=jsonp is to call") }
        guard Self.isName(name.utf8) else {
            throw .badRequest(
                "callback=\(name): must be a name of at most 64 letters, digits, _, $ and dots that begins with no digit or "
                    + "dot")
        }
        return name
    }

    private static func isName(_ name: String.UTF8View) -> Bool {
        guard name.count <= 64, let first = name.first, !Self.isDigit(first), first != UInt8(ascii: ".") else {
            return false
        }
        return name.allSatisfy { Self.isDigit($0) || Self.isLetter($0) || "_$.".utf8.contains($0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    /// The script. It begins with a comment, so that no name can make it something else than a script.
    static func response(_ poll: Response, callback: String) -> Response {
        var script = ByteBuffer(string: "/**/\(callback)(")
        if let json = poll.body { script.writeBytes(Self.escapingLineEnds(json.readableBytesView)) }
        script.writeString(");")
        var headers = poll.headers
        for field in Self.headers { headers.replaceOrAdd(name: field.name, value: field.value) }
        return Response(poll.status, headers: headers, body: script)
    }

    /// U+2028 and U+2029 end a line in scripts before ECMAScript 2019, and may stand in JSON as they are.
    private static func escapingLineEnds(_ json: ByteBufferView) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(json.count)
        var rest = json[...]
        while let start = rest.firstIndex(of: 0xE2) {
            bytes.append(contentsOf: rest[..<start])
            switch Array(rest[start...].prefix(3)) {
            case [0xE2, 0x80, 0xA8]: bytes.append(contentsOf: #"\u2028"#.utf8)
            case [0xE2, 0x80, 0xA9]: bytes.append(contentsOf: #"\u2029"#.utf8)
            case let character: bytes.append(contentsOf: character)
            }
            rest = rest[start...].dropFirst(3)
        }
        bytes.append(contentsOf: rest)
        return bytes
    }
}

extension Problem {
    static let jsonpIsOff = Problem.forbidden(
        "transport=jsonp is off here (poll.jsonp); use sse, poll or poll-sse")

    static func forbidden(_ detail: String) -> Problem {
        Problem(.forbidden, "Forbidden", detail: detail)
    }
}
