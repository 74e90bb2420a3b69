import Channels
import NIOCore

extension ReadParameters {
    /// Notes when the right to read ends: never after that, and up to `spread` before, so that not all come back at once. A poll is
    /// answered by then; for most the end is far away, and nothing has to be noted.
    ///
    /// - Parameters:
    ///   - end: Milliseconds since 1970.
    ///   - spread: Milliseconds.
    mutating func rightEnds(_ end: Int64, spread: Int) {
        let left = min(max(0, end - WallClock.system.milliseconds()), Self.longest)
        if self.transport != .eventStream, left > self.wait.nanoseconds / 1_000_000 + Int64(max(0, spread)) { return }
        // Of a short life not all is given away.
        let early = Int64.random(in: 0...min(Int64(max(0, spread)), left / 5))
        let rest = TimeAmount.milliseconds(left - early)
        self.rightEnd = .now() + rest
        self.wait = min(self.wait, rest)
    }

    /// A hundred years: what is longer is for ever.
    private static let longest: Int64 = 100 * 365 * 86_400_000
}
