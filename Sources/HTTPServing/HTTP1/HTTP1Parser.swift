import NIOCore
import NIOHTTP1

/// Takes requests out of the bytes of a connection (RFC 9112), by its rules to the letter: what is not a request there
/// is none here, so that no proxy in front can see other requests than we do.
///
/// Lines end by CRLF, never by a lone LF or CR; a field's name is a token with no blank before its colon; no line
/// is folded; a length is given once or not at all, and never beside a transfer coding, which is `chunked` or nothing.
///
/// It holds what has not been looked at yet, and reads on only when it is asked to.
struct HTTP1Parser {
    /// A piece of a request: a head, any number of pieces of content, an end.
    enum Part {
        case head(RequestHead)
        case body(ByteBuffer)
        case end
    }

    private enum State {
        case head
        /// So many bytes of content are to come.
        case content(Int)
        case chunkSize
        /// So many bytes of a chunk are to come.
        case chunk(Int)
        case chunkEnd
        case trailer
        case failed
    }

    /// The most bytes of a line that tells a chunk's size.
    private static let chunkLineSize = 256

    /// What the client sent is no request.
    struct Failure: Error {
        let problem: Problem
        /// The field `Origin` of a head that cannot be used, so that the page that asked may read why.
        let origin: String?
    }

    /// The most bytes of a head, and of what is passed over in the content of a request. May change at any time.
    var headSize: Int
    /// The most fields of a head. May change at any time.
    var fieldCount: Int
    private var state = State.head
    private(set) var buffer = ByteBuffer()
    /// What is known of a head that is not all there.
    private var progress: HTTP1HeadParser.Progress?
    /// How many bytes of this request have been passed over: extensions of its chunks, trailer fields.
    private var passedOver = 0

    init(headSize: Int, fieldCount: Int) {
        self.headSize = headSize
        self.fieldCount = fieldCount
    }

    /// Whether there are bytes that have not been looked at, or not all of a part.
    var isEmpty: Bool { self.buffer.readableBytes == 0 }

    mutating func append(_ bytes: ByteBuffer) {
        guard self.buffer.readableBytes > 0 else { return self.buffer = bytes }
        // A buffer makes no room by itself of what was read from it. If there is always the beginning of a next
        // request, it is never empty, and would grow by all that the client sends.
        self.buffer.discardReadBytes()
        self.buffer.writeImmutableBuffer(bytes)
    }

    /// The next part; `nil` if it is not all there yet.
    ///
    /// - Throws: ``Failure`` for what is no request. Afterwards there is nothing more.
    mutating func next() throws(Failure) -> Part? {
        do throws(Problem) {
            return try self.nextPart()
        } catch {
            let origin = self.originSoFar
            self.state = .failed
            self.buffer = ByteBuffer()
            throw Failure(problem: error, origin: origin)
        }
    }

    /// The field `Origin` of a head that is not all there, or cannot be used, as far as it has come.
    var originSoFar: String? {
        guard case .head = self.state else { return nil }
        return self.buffer.withUnsafeReadableBytes { HTTP1HeadParser.origin(in: $0) }
    }

    private mutating func nextPart() throws(Problem) -> Part? {
        while true {
            switch self.state {
            case .head: return try self.head()
            case .content(0):
                self.state = .head
                return .end
            case .content(let left): return self.content(left).map { Part.body($0) }
            case .chunkSize: guard try self.takeChunkSize() else { return nil }
            case .chunk(let left): return self.chunk(left).map { Part.body($0) }
            case .chunkEnd: guard try self.takeChunkEnd() else { return nil }
            case .trailer:
                guard try self.takeTrailer() else { return nil }
                self.state = .head
                return .end
            case .failed: return nil
            }
        }
    }

    // MARK: Heads

    private mutating func head() throws(Problem) -> Part? {
        self.skipEmptyLines()
        let (headSize, fieldCount, progress) = (self.headSize, self.fieldCount, self.progress)
        let outcome = self.buffer.withUnsafeReadableBytes { bytes in
            Result { () throws(Problem) in
                try HTTP1HeadParser(bytes, headSize, fieldCount).parse(from: progress)
            }
        }
        switch try outcome.get() {
        case .incomplete(let progress):
            self.progress = progress
            return nil
        case .head(let head, let size):
            self.progress = nil
            let framing = try Self.framing(of: head)
            self.skip(size)
            self.passedOver = 0
            self.state = framing
            return .head(head)
        }
    }

    /// A robust server passes over an empty line or two before a request (RFC 9112, section 2.2).
    private mutating func skipEmptyLines() {
        while self.buffer.readableBytes >= 2,
            self.buffer.getInteger(at: self.buffer.readerIndex, as: UInt16.self) == 0x0D0A
        { self.buffer.moveReaderIndex(forwardBy: 2) }
    }

    /// How the content is delimited (RFC 9112, section 6.3).
    private static func framing(of head: RequestHead) throws(Problem) -> State {
        let known = head.known
        if known.transferEncodings > 0 {
            guard known.contentLengths == 0 else {
                throw .badRequest("Content-Length must not stand beside Transfer-Encoding")
            }
            guard known.transferCoding != .unknown || head.isHTTP10 else {
                throw Problem(
                    .notImplemented, "Not implemented", detail: "Transfer-Encoding may name nothing but chunked")
            }
            guard known.transferCoding == .chunked, !head.isHTTP10 else {
                throw .badRequest("Transfer-Encoding must be chunked, once, and in HTTP/1.1")
            }
            return .chunkSize
        }
        guard known.contentLengths > 0 else { return .content(0) }
        guard known.contentLengths == 1, let length = known.contentLength else {
            throw .badRequest("Content-Length must be one decimal number of at most 18 digits")
        }
        return .content(length)
    }

    // MARK: Content

    private mutating func content(_ left: Int) -> ByteBuffer? {
        guard let bytes = self.take(atMost: left) else { return nil }
        self.state = .content(left - bytes.readableBytes)
        return bytes
    }

    private mutating func chunk(_ left: Int) -> ByteBuffer? {
        guard let bytes = self.take(atMost: left) else { return nil }
        self.state = bytes.readableBytes < left ? .chunk(left - bytes.readableBytes) : .chunkEnd
        return bytes
    }

    /// Returns whether the line was all there.
    private mutating func takeChunkSize() throws(Problem) -> Bool {
        guard let line = try self.takeLine(atMost: Self.chunkLineSize, of: "a chunk's size") else { return false }
        let digits = line.prefix(while: \.isHexDigit)
        let rest = line[digits.endIndex...]
        guard (1...15).contains(digits.count), let size = Int(String(decoding: digits, as: UTF8.self), radix: 16),
            rest.isEmpty || rest.drop(while: \.isBlank).first == UInt8(ascii: ";")
        else { throw .badRequest("a chunk's size must be 1 to 15 hexadecimal digits, and what follows begin with ';'") }
        try self.passOver(rest.count)
        self.state = size > 0 ? .chunk(size) : .trailer
        return true
    }

    private mutating func takeChunkEnd() throws(Problem) -> Bool {
        let crlf: [UInt8] = [0x0D, 0x0A]
        guard self.buffer.readableBytesView.prefix(2).elementsEqual(crlf.prefix(self.buffer.readableBytes)) else {
            throw .badRequest("a chunk must be as long as its size says, and end with CRLF")
        }
        guard self.buffer.readableBytes >= 2 else { return false }
        self.skip(2)
        self.state = .chunkSize
        return true
    }

    /// Passes over trailer fields: nothing here has a use for them. Returns whether the last was there.
    private mutating func takeTrailer() throws(Problem) -> Bool {
        while let line = try self.takeLine(atMost: self.headSize, of: "the trailer fields") {
            if line.isEmpty { return true }
            try self.passOver(line.count + 2)
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0, line[..<colon].allSatisfy(\.isToken)
            else {
                throw .badRequest("a trailer field must be a name, a colon and a value")
            }
        }
        return false
    }

    /// Bounds what a request may have besides its content, in sum: in chunks of one byte each it would be far more.
    private mutating func passOver(_ count: Int) throws(Problem) {
        self.passedOver += count
        guard self.passedOver <= self.headSize else { throw .headTooLarge("limits.headSize", self.headSize, "bytes") }
    }

    // MARK: Bytes

    private mutating func take(atMost count: Int) -> ByteBuffer? {
        let count = min(count, self.buffer.readableBytes)
        guard count > 0, let bytes = self.buffer.readSlice(length: count) else { return nil }
        self.letGoIfEmpty()
        return bytes
    }

    private mutating func skip(_ count: Int) {
        self.buffer.moveReaderIndex(forwardBy: count)
        self.letGoIfEmpty()
    }

    /// The bytes that were read belong to the connection's receive buffer, which is used again once nobody holds it.
    private mutating func letGoIfEmpty() {
        if self.buffer.readableBytes == 0 { self.buffer = ByteBuffer() }
    }

    /// A line without its CRLF; `nil` if it is not all there.
    private mutating func takeLine(atMost size: Int, of what: String) throws(Problem) -> [UInt8]? {
        let view = self.buffer.readableBytesView
        let end = view.firstIndex(of: UInt8(ascii: "\n"))
        // Whether the line came whole or in pieces must not matter.
        guard view[..<(end ?? view.endIndex)].count <= size + 1 else {
            throw .badRequest("\(what) must be in a line of at most \(size) bytes")
        }
        guard let end else { return nil }
        let line = Array(view[..<end])
        guard line.last == UInt8(ascii: "\r"), line.dropLast().allSatisfy(\.isFieldText) else {
            throw .badRequest("\(what) must be in a line that ends with CRLF and holds no control characters")
        }
        self.skip(line.count + 1)
        return line.dropLast()
    }
}
