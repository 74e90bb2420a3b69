import NIOCore

/// What the streams of an HTTP/2 connection hold together, and the requests that wait because it is much. Owner: the
/// connection's event loop.
struct HTTP2Backlog {
    /// The most bytes of unfinished requests, as a multiple of what one request may have.
    private static let contentFactor = 4
    /// While so many bytes of answers are not on their way, no further request is answered.
    private static let unsentLimit = 4 << 20

    /// How many bytes of requests are held that are not answered yet.
    private var content = 0
    /// How many bytes of answers wait for the client's windows, or for the next flush.
    private var unsent = 0
    /// Requests that are complete and wait for answers to be taken.
    private var queue = CircularBuffer<HTTP2Stream>()

    /// How many bytes more of requests may be held.
    ///
    /// - Parameter contentLimit: The most bytes of one request's content.
    func roomForContent(_ contentLimit: Int) -> Int { contentLimit * Self.contentFactor - self.content }

    var isEmpty: Bool { self.queue.isEmpty }

    mutating func holdsContent(_ bytes: Int) { self.content += bytes }

    mutating func holdsUnsent(_ bytes: Int) { self.unsent += bytes }

    /// A stream's request is complete.
    mutating func append(_ stream: HTTP2Stream) { self.queue.append(stream) }

    /// The next stream whose request may be answered.
    mutating func next() -> HTTP2Stream? {
        self.unsent < Self.unsentLimit ? self.queue.popFirst() : nil
    }

    mutating func removeAll() { self.queue.removeAll() }
}
