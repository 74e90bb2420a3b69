/// What somebody may do: with channels, or with the server.
public enum Action: String, CaseIterable, Sendable {
    /// Read a channel's events, those that are kept and those that come.
    case read
    /// Append events to a channel.
    case publish
    /// Let go of all events of a channel.
    case drop
    /// Look at the server and change what it does; over a channel that it names, everything.
    case admin
    /// Read the server's figures.
    case metrics
}
