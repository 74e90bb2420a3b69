import NIOHTTP1

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads one head: the request line (RFC 9112, section 3) and the fields (section 5). On the way of every request, so it
/// goes over each byte once or twice, by index.
struct HTTP1HeadParser {
    /// A line, by where it stands, without its CRLF.
    private typealias Line = Range<Int>

    private let bytes: UnsafeRawBufferPointer
    private let headSize: Int
    private let fieldCount: Int
    private var offset = 0

    /// - Parameter bytes: Everything that has come from the head's first byte on; may be less or more than the head.
    init(_ bytes: UnsafeRawBufferPointer, _ headSize: Int, _ fieldCount: Int) {
        self.bytes = bytes
        self.headSize = headSize
        self.fieldCount = fieldCount
    }

    /// The head and how many bytes it has; `nil` if it is not all there.
    ///
    /// - Throws: ``Problem`` 400, 431, 501 or 505.
    consuming func parse() throws(Problem) -> (head: RequestHead, size: Int)? {
        guard let requestLine = try self.line() else { return nil }
        let (method, target, isHTTP10) = try self.requestLine(requestLine)
        var fields: [RequestHead.Field] = []
        fields.reserveCapacity(8)
        while let line = try self.line() {
            if line.isEmpty {
                let head = RequestHead(
                    method: method, target: target, isHTTP10: isHTTP10,
                    bytes: Array(self.bytes[..<self.offset]), fields: fields)
                return (head, self.offset)
            }
            guard fields.count < self.fieldCount else {
                throw .headTooLarge("limits.headerCount", self.fieldCount, "fields")
            }
            fields.append(try self.field(line))
        }
        return nil
    }

    /// The value of the field `Origin` in a head, whatever is wrong with the rest of it.
    static func origin(in bytes: UnsafeRawBufferPointer) -> String? {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = UnsafeRawBufferPointer(rebasing: rest[..<end])
            rest = rest[(end + 1)...]
            // A lone CR is the end of the head; a line without one cannot be told from the next.
            guard line.count > 1, line.last == UInt8(ascii: "\r") else { return nil }
            guard line.begins(with: "origin:") else { continue }
            let value = UnsafeRawBufferPointer(rebasing: line.dropFirst(7).dropLast()).trimmed
            return value.allSatisfy(\.isFieldText) ? String(decoding: value, as: UTF8.self) : nil
        }
        return nil
    }

    /// The next line; `nil` if it is not all there.
    private mutating func line() throws(Problem) -> Line? {
        let rest = self.bytes.count - self.offset
        guard rest > 0, let base = self.bytes.baseAddress, let found = memchr(base + self.offset, 0x0A, rest) else {
            guard self.bytes.count < self.headSize else { throw try self.tooLarge() }
            try self.requireText(self.offset..<max(self.offset, self.bytes.count - 1))
            return nil
        }
        let end = UnsafeRawPointer(found) - base
        guard end < self.headSize else { throw try self.tooLarge() }
        guard end > self.offset, self.bytes[end - 1] == UInt8(ascii: "\r") else {
            throw .badRequest("a line of the head must end with CRLF")
        }
        let line = self.offset..<end - 1
        try self.requireText(line)
        self.offset = end + 1
        return line
    }

    /// What is wrong with a line that reaches over the end of what a head may have. What would have been seen of it, had it
    /// come byte by byte, counts first.
    private func tooLarge() throws(Problem) -> Problem {
        try self.requireText(self.offset..<max(self.offset, self.headSize - 2))
        return .headTooLarge("limits.headSize", self.headSize, "bytes")
    }

    private func requireText(_ range: Range<Int>) throws(Problem) {
        for index in range where !self.bytes[index].isFieldText {
            throw .badRequest("the head of the request holds a control character")
        }
    }

    private func piece(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self.bytes[range])
    }

    private func index(of byte: UInt8, in range: Range<Int>) -> Int? {
        var index = range.lowerBound
        while index < range.upperBound, self.bytes[index] != byte { index += 1 }
        return index < range.upperBound ? index : nil
    }

    private func requestLine(_ line: Line) throws(Problem) -> (HTTPMethod, RequestTarget, isHTTP10: Bool) {
        guard let first = self.index(of: 0x20, in: line),
            let last = self.index(of: 0x20, in: first + 1..<line.upperBound), last > first + 1,
            self.index(of: 0x20, in: last + 1..<line.upperBound) == nil,
            self.index(of: 0x09, in: line) == nil
        else { throw .badRequest("a request must begin with method, target and version, with one blank between them") }
        let isHTTP10 = try Self.isHTTP10(self.piece(last + 1..<line.upperBound))
        let method = try HTTPMethod(bytes: self.piece(line.lowerBound..<first))
        return (method, try RequestTarget(self.piece(first + 1..<last), method: method), isHTTP10)
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
