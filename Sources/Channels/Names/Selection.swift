/// The channels of one reader: at least one, each once, in the order of their bytes.
///
/// Readers with equal selections share their work: what they are to be given is read and framed once.
public struct Selection: Hashable, Sendable {
    public let channels: [ChannelName]

    /// One channel.
    public init(_ channel: ChannelName) {
        self.channels = [channel]
    }

    /// Several channels, in any order and with repeats; `nil` for none at all.
    public init?(_ channels: [ChannelName]) {
        guard !channels.isEmpty else { return nil }
        self.channels = Set(channels).sorted()
    }
}
