#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads lines of bytes from a descriptor; each call blocks until there is a whole line, or the end.
///
/// Unlike `readLine` it leaves bytes that are not UTF-8 as they are: the server then refuses them, and does not keep
/// something else.
public struct LineReader {
    private static let chunkSize = 64 << 10

    private let descriptor: CInt
    private var buffer: [UInt8] = []
    /// Where the next line begins.
    private var start = 0
    private var isAtBeginning = true

    /// - Parameter descriptor: Is read from, and not closed; default standard input.
    public init(descriptor: CInt = 0) {
        self.descriptor = descriptor
    }

    /// The next line without its end, LF or CRLF; `nil` behind the last. The last line may lack its end. A byte order mark
    /// before the first is passed over.
    ///
    /// - Throws: ``SystemError`` if the descriptor cannot be read.
    public mutating func next() throws(SystemError) -> [UInt8]? {
        var searched = 0
        while true {
            if let end = self.buffer[(self.start + searched)...].firstIndex(of: UInt8(ascii: "\n")) {
                return self.take(upTo: end)
            }
            searched = self.buffer.count - self.start
            guard try self.fill() else { return searched > 0 ? self.take(upTo: self.buffer.count) : nil }
        }
    }

    private mutating func take(upTo end: Int) -> [UInt8] {
        var line = self.buffer[self.start..<end]
        if self.isAtBeginning, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        self.isAtBeginning = false
        self.start = min(end + 1, self.buffer.count)
        return Array(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
    }

    /// Reads on. Returns whether there was more.
    private mutating func fill() throws(SystemError) -> Bool {
        self.buffer.removeFirst(self.start)
        self.start = 0
        var chunk = [UInt8](repeating: 0, count: Self.chunkSize)
        while true {
            let count = read(self.descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError(code: errno) }
            self.buffer.append(contentsOf: chunk[..<count])
            return count > 0
        }
    }
}
