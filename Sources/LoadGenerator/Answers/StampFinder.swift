#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Finds the stamps in a poll's answer, in whatever it is framed: JSON, or the data alone.
struct StampFinder {
    /// The end of what came before, if a stamp may have begun in it.
    private var end: [UInt8] = []

    /// The next piece of an answer has come.
    mutating func find(_ bytes: UnsafeRawBufferPointer, _ found: (Stamp) -> Void) {
        var offset = 0
        if !self.end.isEmpty {
            let count = self.end.count
            self.end.append(contentsOf: bytes.prefix(Stamp.length - 1))
            // One that begins in the new bytes is whole there, or not at all yet.
            let next = self.end.withUnsafeBytes { Self.scan($0, from: 0, before: count, found) }
            guard bytes.count >= Stamp.length else { return self.keep(from: next) }
            offset = max(0, next - count)
            self.end.removeAll(keepingCapacity: true)
        }
        let next = Self.scan(bytes, from: offset, before: bytes.count, found)
        self.end.append(contentsOf: bytes[min(next, bytes.count)...])
    }

    /// The answer is complete, or will never be.
    mutating func answerEnded() {
        self.end.removeAll(keepingCapacity: true)
    }

    private mutating func keep(from next: Int) {
        let kept = self.end.withUnsafeBytes { bytes in
            Array(bytes[Self.scan(bytes, from: next, before: bytes.count) { _ in }...])
        }
        self.end = kept
    }

    /// - Returns: Where the next may begin that is not whole yet.
    private static func scan(
        _ bytes: UnsafeRawBufferPointer, from start: Int, before limit: Int, _ found: (Stamp) -> Void
    ) -> Int {
        var offset = start
        while offset < limit {
            guard let base = bytes.baseAddress,
                let mark = memchr(base + offset, CInt(UInt8(ascii: "@")), limit - offset)
            else { return max(limit, offset) }
            offset = base.distance(to: UnsafeRawPointer(mark))
            let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            if let stamp = Stamp(rest) {
                found(stamp)
                offset += Stamp.length
            } else if rest.count < Stamp.length {
                // More than its first bytes cannot be said yet; two marks begin it.
                if rest.count < 2 || rest[1] == UInt8(ascii: "@") { return offset }
                offset += 1
            } else {
                offset += 1
            }
        }
        return offset
    }
}
