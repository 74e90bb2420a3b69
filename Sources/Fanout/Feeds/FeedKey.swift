import Channels

/// What of its channels' events a reader may see.
package enum Visibility: Hashable, Sendable {
    /// Every event: all of them are public.
    case all
}

/// What readers have in common that share a feed.
struct FeedKey: Hashable {
    let selection: Selection
    let visibility: Visibility
}
