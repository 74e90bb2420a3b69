import NIOHTTP1

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads one head: the request line (RFC 9112, section 3) and the fields (section 5). On the way of every request, so
/// it goes over each byte once or twice, by index.
struct HTTP1HeadParser {
    /// What is known of a head that is not all there. Reading goes on from it: a head that comes in many small pieces
    /// costs no more than one that comes whole.
    struct Progress {
        fileprivate let requestLine: RequestLine?
        fileprivate let fields: [RequestHead.Field]
        fileprivate let offset: Int
        fileprivate let searched: Int
    }

    enum Outcome {
        /// The head, and how many bytes it has.
        case head(RequestHead, size: Int)
        case incomplete(Progress)
    }

    fileprivate struct RequestLine {
        let method: HTTPMethod
        let target: RequestTarget
        let isHTTP10: Bool
    }

    /// A line, by where it stands, without its CRLF.
    private typealias Line = Range<Int>

    private let bytes: UnsafeRawBufferPointer
    private let headSize: Int
    private let fieldCount: Int
    /// Where the line begins that is to be read next.
    private var offset = 0
    /// Up to where that line has been searched: it does not end there, and holds no control character.
    private var searched = 0

    /// - Parameter bytes: Everything that has come from the head's first byte on; may be less or more than the head.
    init(_ bytes: UnsafeRawBufferPointer, _ headSize: Int, _ fieldCount: Int) {
        self.bytes = bytes
        self.headSize = headSize
        self.fieldCount = fieldCount
    }

    /// - Parameter progress: What was known when there were fewer bytes.
    /// - Throws: ``Problem`` 400, 431, 501 or 505.
    consuming func parse(from progress: Progress?) throws(Problem) -> Outcome {
        if let progress { (self.offset, self.searched) = (progress.offset, progress.searched) }
        var (start, fields) = (progress?.requestLine, progress?.fields ?? [])
        if start == nil, let line = try self.line() {
            start = try self.requestLine(line)
            fields.reserveCapacity(8)
        }
        while let start, let line = try self.line() {
            if line.isEmpty {
                let head = RequestHead(
                    method: start.method, target: start.target, isHTTP10: start.isHTTP10,
                    bytes: Array(self.bytes[..<self.offset]), fields: fields)
                return .head(head, size: self.offset)
            }
            guard fields.count < self.fieldCount else {
                throw .headTooLarge("limits.headerCount", self.fieldCount, "fields")
            }
            fields.append(try self.field(line))
        }
        return .incomplete(
            Progress(requestLine: start, fields: fields, offset: self.offset, searched: self.searched))
    }

    /// The value of the field `Origin` in a head, whatever is wrong with the rest of it.
    static func origin(in bytes: UnsafeRawBufferPointer) -> String? {
        for (number, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
            let line = UnsafeRawBufferPointer(rebasing: line)
            // The empty line ends the head: what follows is content.
            guard line.last == UInt8(ascii: "\r"), line.count > 1 else { return nil }
            guard number > 0, line.begins(with: "origin:") else { continue }
            let value = UnsafeRawBufferPointer(rebasing: line.dropFirst(7).dropLast()).trimmed
            return value.allSatisfy(\.isFieldText) ? String(decoding: value, as: UTF8.self) : nil
        }
        return nil
    }

    /// The next line; `nil` if it is not all there.
    private mutating func line() throws(Problem) -> Line? {
        let (start, searched) = (self.offset, self.searched)
        let rest = self.bytes.count - searched
        guard rest > 0, let base = self.bytes.baseAddress, let found = memchr(base + searched, 0x0A, rest) else {
            guard self.bytes.count < self.headSize else { throw try self.tooLarge() }
            try self.requireText(upTo: self.bytes.count - 1)
            return nil
        }
        let end = UnsafeRawPointer(found) - base
        guard end < self.headSize else { throw try self.tooLarge() }
        try self.requireText(upTo: end - 1)
        guard end > start, self.bytes[end - 1] == UInt8(ascii: "\r") else {
            throw .badRequest("a line of the head must end with CRLF")
        }
        self.offset = end + 1
        self.searched = end + 1
        return start..<end - 1
    }

    /// What is wrong with a line that reaches over the end of what a head may have. What would have been seen of it,
    /// had it come byte by byte, counts first.
    private mutating func tooLarge() throws(Problem) -> Problem {
        try self.requireText(upTo: self.headSize - 2)
        return .headTooLarge("limits.headSize", self.headSize, "bytes")
    }

    /// Looks at the next line up to a byte, which may be the CR at its end.
    private mutating func requireText(upTo end: Int) throws(Problem) {
        let range = self.searched..<max(self.searched, end)
        guard self.bytes.isFieldText(in: range) else {
            throw .badRequest("the head of the request holds a control character")
        }
        self.searched = range.upperBound
    }

    private func piece(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self.bytes[range])
    }

    private func index(of byte: UInt8, in range: Range<Int>) -> Int? { self.bytes.index(of: byte, in: range) }

    private func requestLine(_ line: Line) throws(Problem) -> RequestLine {
        guard let first = self.index(of: 0x20, in: line),
            let last = self.index(of: 0x20, in: first + 1..<line.upperBound), last > first + 1,
            self.index(of: 0x20, in: last + 1..<line.upperBound) == nil,
            self.index(of: 0x09, in: line) == nil
        else { throw .badRequest("a request must begin with method, target and version, with one blank between them") }
        let isHTTP10 = try Self.isHTTP10(self.piece(last + 1..<line.upperBound))
        let method = try HTTPMethod(bytes: self.piece(line.lowerBound..<first))
        let target = try RequestTarget(self.piece(first + 1..<last), method: method)
        return RequestLine(method: method, target: target, isHTTP10: isHTTP10)
    }

    /// Whether a version is HTTP/1.0; else it is HTTP/1.1.
    private static func isHTTP10(_ text: UnsafeRawBufferPointer) throws(Problem) -> Bool {
        if text.isExactly("HTTP/1.1") { return false }
        if text.isExactly("HTTP/1.0") { return true }
        guard text.count == 8, text.starts(with: "HTTP/".utf8), text[5].isDigit, text[6] == UInt8(ascii: "."),
            text[7].isDigit
        else { throw .badRequest("a request line must end with HTTP/1.1 or HTTP/1.0") }
        throw Problem(
            .httpVersionNotSupported, "HTTP version not supported", detail: "HTTP/1.0 and HTTP/1.1 are spoken here")
    }

    private func field(_ line: Line) throws(Problem) -> RequestHead.Field {
        var colon = line.lowerBound
        while colon < line.upperBound, self.bytes[colon].isToken { colon += 1 }
        guard colon > line.lowerBound, colon < line.upperBound, self.bytes[colon] == UInt8(ascii: ":") else {
            throw .badRequest("a field must be a name, right behind it a colon, and a value, all in one line")
        }
        var (start, end) = (colon + 1, line.upperBound)
        while start < end, self.bytes[start].isBlank { start += 1 }
        while start < end, self.bytes[end - 1].isBlank { end -= 1 }
        return RequestHead.Field(name: line.lowerBound..<colon, value: start..<end)
    }
}
