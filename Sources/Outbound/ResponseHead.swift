/// The head of an answer, taken line by line as libcurl has read it (`CURLOPT_HEADERFUNCTION`).
struct ResponseHead {
    private enum State {
        case fields
        /// Behind the empty line: content comes, then trailers; or, behind an interim answer (RFC 9110, section 15.2), another head.
        case content
    }

    private(set) var fields: [OutboundField] = []
    /// Whether its empty line has come. libcurl takes an answer for whole that ends before.
    var isComplete: Bool { self.state == .content }
    private var state = State.fields
    private var size = 0
    let most: Int

    /// - Parameter most: The most bytes, those of interim answers and trailers included.
    init(most: Int) {
        self.most = most
    }

    /// - Parameter line: With its line end.
    /// - Returns: Whether it is not too much.
    mutating func take(_ line: some Collection<UInt8>) -> Bool {
        self.size += line.count
        guard self.size <= self.most else { return false }
        let text = line.prefix { $0 != 0x0D && $0 != 0x0A }
        if text.starts(with: "HTTP/".utf8) {
            self.fields = []
            self.state = .fields
        } else if text.isEmpty {
            self.state = .content
        } else if self.state == .fields {
            self.takeField(text)
        }
        return true
    }

    /// One that cannot be read is passed over.
    private mutating func takeField(_ text: some Collection<UInt8>) {
        // A field that goes on in the next line (RFC 9112, section 5.2).
        if text.first == 0x20 || text.first == 0x09 {
            guard let last = self.fields.popLast() else { return }
            return self.fields.append(OutboundField(last.name, text).map { last.continued(by: $0) } ?? last)
        }
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return }
        let name = String(decoding: text[..<colon], as: UTF8.self)
        if let field = OutboundField(name, text[text.index(after: colon)...]) { self.fields.append(field) }
    }
}
