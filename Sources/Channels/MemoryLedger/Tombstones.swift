/// How far back the histories reached that the memory ledger has forgotten because nothing was left in them.
///
/// Without it, a reader who returns to such a channel could not be told that it lost something; with one number for all
/// channels, readers of quiet channels would be told of losses in others. The number of entries is bounded: the older
/// half then melts into one position, below which every channel counts as trimmed. That may warn in vain, never too late.
struct Tombstones {
    private let limit: Int
    private var starts: [ChannelName: Position] = [:]
    private var floor = Position.zero

    init(limit: Int = 100_000) {
        self.limit = limit
    }

    /// Where the history of a channel that comes (back) to be begins.
    func start(of channel: ChannelName) -> Position { max(self.floor, self.starts[channel] ?? .zero) }

    mutating func bury(_ channel: ChannelName, start: Position) {
        guard start > self.floor else { return }
        self.starts[channel] = start
        if self.starts.count > self.limit { self.meltOlderHalf() }
    }

    mutating func remove(_ channel: ChannelName) {
        self.starts[channel] = nil
    }

    private mutating func meltOlderHalf() {
        let sorted = self.starts.values.sorted()
        let median = sorted[sorted.count / 2]
        self.floor = median
        self.starts = self.starts.filter { $0.value > median }
    }
}
