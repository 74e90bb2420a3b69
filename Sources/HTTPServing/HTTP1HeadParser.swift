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

    /// The next line; `nil` if it is not all there.
    private mutating func line() throws(Problem) -> Line? {
        let rest = self.bytes.count - self.offset
        guard rest > 0, let base = self.bytes.baseAddress, let found = memchr(base + self.offset, 0x0A, rest) else {
            guard self.bytes.count < self.headSize else { throw self.tooLarge }
            try self.requireText(self.offset..<max(self.offset, self.bytes.count - 1))
            return nil
        }
        let end = UnsafeRawPointer(found) - base
        guard end < self.headSize else { throw self.tooLarge }
        guard end > self.offset, self.bytes[end - 1] == UInt8(ascii: "\r") else {
            throw .badRequest("a line of the head must end with CRLF")
        }
        let line = self.offset..<end - 1
        try self.requireText(line)
        self.offset = end + 1
        return line
    }

    private var tooLarge: Problem { .headTooLarge("limits.headSize", self.headSize, "bytes") }

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

    private func requestLine(_ line: Line) throws(Problem) -> (HTTPMethod, target: [UInt8], isHTTP10: Bool) {
        guard let first = self.index(of: 0x20, in: line),
            let last = self.index(of: 0x20, in: first + 1..<line.upperBound), last > first + 1,
            self.index(of: 0x20, in: last + 1..<line.upperBound) == nil
        else { throw .badRequest("a request must begin with method, target and version, with one blank between them") }
        let isHTTP10 = try Self.isHTTP10(self.piece(last + 1..<line.upperBound))
        let method = try Self.method(self.piece(line.lowerBound..<first))
        let target = Array(self.piece(first + 1..<last))
        guard !target.contains(0x09), Self.isTarget(target, of: method) else {
            throw .badRequest("the target of the request must be a path, a URL with scheme and host, or *")
        }
        return (method, target, isHTTP10)
    }

    /// The forms that RFC 9112, section 3.2, has.
    private static func isTarget(_ target: [UInt8], of method: HTTPMethod) -> Bool {
        if target[0] == UInt8(ascii: "/") || method == .CONNECT { return true }
        if target == [UInt8(ascii: "*")] { return true }
        guard let colon = target.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return false }
        return target[..<colon].allSatisfy(\.isToken) && target[(colon + 1)...].starts(with: "//".utf8)
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

    private static func method(_ text: UnsafeRawBufferPointer) throws(Problem) -> HTTPMethod {
        if text.isExactly("GET") { return .GET }
        if text.isExactly("POST") { return .POST }
        guard !text.isEmpty, text.allSatisfy(\.isToken) else {
            throw .badRequest("the method of the request must be a token")
        }
        let method = HTTPMethod(rawValue: String(decoding: text, as: UTF8.self))
        if case .RAW = method {
            throw Problem(
                .notImplemented, "Not implemented",
                detail: "the method is not one that HTTP knows; methods are in capitals")
        }
        return method
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

extension UInt8 {
    /// A blank or a tab.
    var isBlank: Bool { self == 0x20 || self == 0x09 }

    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

    var isHexDigit: Bool { self.isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self.asciiLowercase) }

    /// Whether it may stand in a token (RFC 9110, section 5.6.2).
    var isToken: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }

    /// Whether it may stand in a field's value (RFC 9110, section 5.5): no control character but the tab.
    var isFieldText: Bool { (self >= 0x20 && self != 0x7F) || self == 0x09 }
}
