/// What somebody may do with a channel.
public enum Action: String, CaseIterable, Sendable {
    /// Read a channel's events, those that are kept and those that come.
    case read
    /// Append events to a channel.
    case publish
    /// Let go of all events of a channel.
    case drop
    /// Everything with a channel.
    case admin
}
