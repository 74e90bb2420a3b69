import NIOCore

/// Whether a request's content comes fast enough. A limit on the whole would refuse large content on a slow line; a
/// limit on silence alone would let a client hold a connection for ever by a byte now and then.
struct ContentPace {
    /// What must come in a second at least, in bytes, over each span of ``Limits/bodyTimeout``.
    static let leastRate = 1_024

    /// How much was there when the span began, in bytes.
    private var start = 0

    /// A span is over, and the next one begins.
    ///
    /// - Parameter size: How many bytes of content are there.
    mutating func isKept(by size: Int, in span: TimeAmount) -> Bool {
        let least = Double(Self.leastRate) * Double(span.nanoseconds) / 1e9
        defer { self.start = size }
        return Double(size - self.start) >= least
    }
}
