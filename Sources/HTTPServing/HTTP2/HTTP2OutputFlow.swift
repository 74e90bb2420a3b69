/// The content of an HTTP/2 stream's answer on its way through the client's windows (RFC 9113, section 5.2), in bytes.
enum HTTP2OutputFlow: Equatable {
    /// So much is written, and goes with the next flush.
    case flowing(Int)
    /// It goes with the next flush too, but is so much that the writer waits until it is on its way.
    case full(Int)
    /// The windows did not let it all through.
    case blocked(Int, isWriterWaiting: Bool)

    /// From how much on the writer waits.
    static let limit = 64 << 10

    /// How much is written and not yet on its way.
    var unsent: Int {
        switch self {
        case .flowing(let count), .full(let count), .blocked(let count, _): count
        }
    }

    /// More is written. Returns whether the writer may go on; if not, it is told when it may.
    mutating func wrote(_ count: Int) -> Bool {
        switch self {
        case .flowing(let before) where before + count < Self.limit:
            self = .flowing(before + count)
            return true
        case .flowing(let before), .full(let before):
            self = .full(before + count)
        case .blocked(let before, _):
            self = .blocked(before + count, isWriterWaiting: true)
        }
        return false
    }

    /// The writer writes no more, and is told nothing.
    mutating func writerEnded() {
        switch self {
        case .flowing: break
        case .full(let count): self = .flowing(count)
        case .blocked(let count, _): self = .blocked(count, isWriterWaiting: false)
        }
    }

    /// Everything was sent that the windows let through. Returns whether they now hold something up.
    mutating func flushed() -> Bool {
        switch self {
        case .flowing(0), .blocked: return false
        case .flowing(let count): self = .blocked(count, isWriterWaiting: false)
        case .full(let count): self = .blocked(count, isWriterWaiting: true)
        }
        return true
    }

    enum OnSent: Equatable {
        case none
        /// The windows let something through, and hold up the rest.
        case progressed
        /// The windows hold up nothing any more.
        case unblocked(tellsWriter: Bool)
        /// The writer may go on.
        case tellWriter
    }

    /// So much is on its way.
    mutating func sent(_ count: Int) -> OnSent {
        let rest = self.unsent - count
        switch self {
        case .flowing:
            self = .flowing(rest)
            return .none
        case .full where rest > 0:
            self = .full(rest)
            return .none
        case .full:
            self = .flowing(0)
            return .tellWriter
        case .blocked(_, let isWriterWaiting) where rest > 0:
            self = .blocked(rest, isWriterWaiting: isWriterWaiting)
            return .progressed
        case .blocked(_, let isWriterWaiting):
            self = .flowing(0)
            return .unblocked(tellsWriter: isWriterWaiting)
        }
    }
}
