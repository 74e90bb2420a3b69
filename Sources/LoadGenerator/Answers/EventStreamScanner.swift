/// Finds stamps, ids and gaps in an event stream (WHATWG HTML, section 9.2.6) without making events of it.
///
/// An event counts when its blank line has come: one that is cut off comes again after the reconnect.
struct EventStreamScanner {
    /// What one block of the stream was.
    enum Block: Equatable {
        case event(Stamp)
        case gap
        /// Nothing to count, such as an id alone.
        case other
    }

    private var lines = LineCutter(limit: 256)
    private var stamp: Stamp?
    private var isGap = false
    private var id: [UInt8] = []
    private var hasID = false
    /// The id of the last block that had one; empty before.
    private(set) var lastEventID: [UInt8] = []

    /// The next block that is complete in a piece of bytes; `nil` if more bytes are needed.
    ///
    /// - Parameter offset: Where to begin, and then where to go on.
    mutating func next(_ bytes: UnsafeRawBufferPointer, from offset: inout Int) -> Block? {
        while offset < bytes.count {
            var isEnd = false
            var lines = self.lines
            self.lines = LineCutter(limit: 0)
            _ = lines.nextLine(bytes, from: &offset) { isEnd = self.lineEndsBlock($0) }
            self.lines = lines
            if isEnd { return self.endBlock() }
        }
        return nil
    }

    private mutating func lineEndsBlock(_ line: UnsafeRawBufferPointer) -> Bool {
        guard !line.isEmpty else { return true }
        if line.begins(with: "data:") {
            let start = line.count > 5 && line[5] == UInt8(ascii: " ") ? 6 : 5
            if self.stamp == nil { self.stamp = Stamp(UnsafeRawBufferPointer(rebasing: line[start...])) }
        } else if line.begins(with: "id:") {
            let start = line.count > 3 && line[3] == UInt8(ascii: " ") ? 4 : 3
            self.id.removeAll(keepingCapacity: true)
            self.id.append(contentsOf: line[start...])
            self.hasID = true
        } else if line.begins(with: "event: pollux.gap") {
            self.isGap = true
        }
        return false
    }

    private mutating func endBlock() -> Block {
        if self.hasID { swap(&self.id, &self.lastEventID) }
        defer {
            self.hasID = false
            self.isGap = false
            self.stamp = nil
        }
        if self.isGap { return .gap }
        return self.stamp.map { .event($0) } ?? .other
    }

    /// Another stream begins; the last event ID stays.
    mutating func streamEnded() {
        self.lines = LineCutter(limit: 256)
        self.hasID = false
        self.isGap = false
        self.stamp = nil
    }
}
