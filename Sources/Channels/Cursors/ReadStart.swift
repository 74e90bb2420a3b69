/// Where a reader begins.
public enum ReadStart: Hashable, Sendable {
    /// After what its client has already.
    case after(Cursor)
    /// With what is published from now on.
    case now
    /// With the oldest event that is kept.
    case earliest
    /// With the last `n` events of all its channels together.
    case last(Int)
}
