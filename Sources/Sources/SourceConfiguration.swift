public import Channels

/// Something that publishes by itself.
public struct SourceConfiguration: Sendable, Equatable {
    public enum Kind: String, Sendable, CaseIterable {
        /// The server's date: the type `date` with `{"date":"<ISO 8601>"}`.
        case clock
        /// A number that moves a little each time: `{"value":21.4}`.
        case randomWalk
    }

    public var channel: ChannelName
    public var kind: Kind
    /// How often; at least 10 ms.
    public var every: Duration
    /// Where a random walk stays; it begins in the middle.
    public var range: ClosedRange<Int>

    public init(channel: ChannelName, kind: Kind, every: Duration, range: ClosedRange<Int> = 0...100) {
        self.channel = channel
        self.kind = kind
        self.every = every
        self.range = range
    }
}
