/// Reads as much of HTTP/1.1 answers as readers and the publisher need (RFC 9112): the status, where the content is and
/// where it ends, and the fields that make a cursor.
///
/// It is asked again and again for what comes next in a piece of bytes, and copies nothing but cursors.
struct AnswerParser {
    /// What comes next.
    enum Step: Equatable {
        /// The head is complete.
        case head(status: Int)
        /// Content, and where it is in the piece.
        case content(Range<Int>)
        /// The answer is complete. Another may follow.
        case end
        /// These bytes are no HTTP/1.1.
        case failure
    }

    private enum State {
        case statusLine
        case fields(status: Int, Framing)
        case content(left: Int)
        case untilClose
        case chunkSize
        case chunk(left: Int)
        case chunkEnd
        case trailers
        case complete
        case failed
    }

    /// How the end of the content is found (RFC 9112, section 6.3).
    private struct Framing {
        var length: Int?
        var isChunked = false
    }

    private var state = State.statusLine
    private var lines = LineCutter(limit: 8_192)
    /// What the fields of the answer at hand say about where to go on.
    private(set) var cursor = Cursor()
    /// Whether the server closes the connection after the answer at hand.
    private(set) var closes = false

    /// The next step in a piece of bytes; `nil` if more bytes are needed.
    ///
    /// - Parameter offset: Where to begin, and then where to go on.
    mutating func next(_ bytes: UnsafeRawBufferPointer, from offset: inout Int) -> Step? {
        while true {
            switch self.state {
            case .content(0), .complete:
                self.state = .statusLine
                return .end
            case .failed:
                return .failure
            case .content(let left):
                return self.content(bytes, &offset, atMost: left) { .content(left: left - $0) }
            case .chunk(let left) where left > 0:
                return self.content(bytes, &offset, atMost: left) { .chunk(left: left - $0) }
            case .untilClose:
                return self.content(bytes, &offset, atMost: .max) { _ in .untilClose }
            case .chunk:
                self.state = .chunkEnd
            case .statusLine, .fields, .chunkSize, .chunkEnd, .trailers:
                guard offset < bytes.count else { return nil }
                var lines = self.lines
                self.lines = LineCutter(limit: 0)
                let step = lines.nextLine(bytes, from: &offset) { self.line($0) }
                self.lines = lines
                guard let step else { return nil }
                if let step { return step }
            }
        }
    }

    private mutating func content(
        _ bytes: UnsafeRawBufferPointer, _ offset: inout Int, atMost left: Int, _ next: (Int) -> State
    ) -> Step? {
        let range = offset..<(offset + min(left, bytes.count - offset))
        guard !range.isEmpty else { return nil }
        offset = range.upperBound
        self.state = next(range.count)
        return .content(range)
    }

    private mutating func line(_ line: UnsafeRawBufferPointer) -> Step? {
        switch self.state {
        case .statusLine:
            guard line.begins(with: "HTTP/1."), line.count >= 12,
                let status = Int(decimal: UnsafeRawBufferPointer(rebasing: line[9..<12]))
            else { return self.fail() }
            self.cursor.clear()
            self.closes = line.begins(with: "HTTP/1.0")
            self.state = .fields(status: status, Framing())
        case .fields(let status, let framing):
            if line.isEmpty { return self.headEnded(status, framing) }
            guard let framing = self.field(line, framing) else { return self.fail() }
            self.state = .fields(status: status, framing)
        case .chunkSize:
            guard let size = Int(hexadecimal: line) else { return self.fail() }
            self.state = size == 0 ? .trailers : .chunk(left: size)
        case .chunkEnd:
            guard line.isEmpty else { return self.fail() }
            self.state = .chunkSize
        case .trailers:
            if line.isEmpty { self.state = .complete }
        case .content, .chunk, .untilClose, .complete, .failed:
            preconditionFailure("no lines are read here")
        }
        return nil
    }

    private mutating func fail() -> Step? {
        self.state = .failed
        return .failure
    }

    private mutating func headEnded(_ status: Int, _ framing: Framing) -> Step? {
        if 100..<200 ~= status {
            self.state = .statusLine
            return nil
        }
        if status == 204 || status == 304 {
            self.state = .complete
        } else if framing.isChunked {
            self.state = .chunkSize
        } else {
            self.state = framing.length.map { .content(left: $0) } ?? .untilClose
        }
        return .head(status: status)
    }

    /// - Returns: `nil` if the field cannot be read.
    private mutating func field(_ line: UnsafeRawBufferPointer, _ framing: Framing) -> Framing? {
        var framing = framing
        if let value = line.value(ofField: "content-length:") {
            guard let length = Int(decimal: value) else { return nil }
            framing.length = length
        } else if line.value(ofField: "transfer-encoding:") != nil {
            framing.isChunked = true
        } else if let value = line.value(ofField: "connection:") {
            self.closes = value.value(ofField: "close") != nil
        } else if let value = line.value(ofField: "last-event-id:") {
            self.cursor.setLastEventID(value)
        } else if let value = line.value(ofField: "etag:") {
            self.cursor.setEntityTag(value)
        } else if let value = line.value(ofField: "last-modified:") {
            self.cursor.setLastModified(value)
        }
        return framing
    }
}

extension Int {
    /// Reads digits; `nil` if there are none, others, or more than 18.
    fileprivate init?(decimal bytes: UnsafeRawBufferPointer) {
        guard 1...18 ~= bytes.count else { return nil }
        self = 0
        for byte in bytes {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte else { return nil }
            self = self * 10 + Int(byte - UInt8(ascii: "0"))
        }
    }

    /// Reads the size of a chunk, up to an extension (RFC 9112, section 7.1).
    fileprivate init?(hexadecimal bytes: UnsafeRawBufferPointer) {
        let digits = bytes.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
        guard 1...15 ~= digits.count else { return nil }
        self = 0
        for byte in digits {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): self = self << 4 | Int(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): self = self << 4 | Int(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): self = self << 4 | Int(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
    }
}
