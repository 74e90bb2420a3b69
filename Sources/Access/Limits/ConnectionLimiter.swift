import HTTPServing

/// Holds addresses to their limits of connections. May be used from any thread.
struct ConnectionLimiter: Sendable {
    /// So many beyond the limit an address may have that are only told so; what comes beyond these is closed at once.
    static let refusable = 8

    private let limits: ConnectionLimits
    private let counts: OpenCounts<AddressGroup>
    private let arrivals: TokenBuckets?

    /// - Parameter last: What held before: its connections still count, and so do its buckets if they stay as they were.
    init(_ limits: ConnectionLimits, after last: ConnectionLimiter?) {
        self.limits = limits
        self.counts = last?.counts ?? OpenCounts()
        self.arrivals = .following(last?.arrivals, limits.arrivalBucket)
    }

    var isOff: Bool { self.arrivals == nil && self.limits.connections == nil }

    /// How many keys have connections.
    var keyCount: Int { self.counts.keyCount }

    func judge(_ address: PeerAddress, at now: UInt64) -> ConnectionJudgement {
        let group = AddressGroup(address)
        if let exceeded = self.arrivalExcess(of: address, group, at: now) { return .closed(exceeded) }
        guard let most = self.limits.connections else { return .served(nil) }
        guard let place = self.counts.open(group, most: most + Self.refusable) else {
            return .closed(ExceededLimit(.address, .connections(most)))
        }
        return place.number <= most
            ? .served(ConnectionPlace(place)) : .refused(most: most, ConnectionPlace(place))
    }

    private func arrivalExcess(of address: PeerAddress, _ group: AddressGroup, at now: UInt64) -> ExceededLimit? {
        guard let arrivals, self.limits.arrivals != .standard || !address.isLoopback else { return nil }
        return arrivals.take(of: group, at: now).map {
            ExceededLimit(.address, .connectionRate(arrivals.bucket.rate), wait: $0)
        }
    }
}

/// What is done for a connection.
public enum ConnectionJudgement: Sendable {
    /// It is served; its place is let go of when it has gone, and is `nil` where it is not counted.
    case served(ConnectionPlace?)
    /// It is told how many there may be from its address, and counts as well.
    case refused(most: Int, ConnectionPlace)
    /// It is closed at once.
    case closed(ExceededLimit)
}

/// A connection among those of its address: counts until it is let go of.
public final class ConnectionPlace: Sendable {
    private let place: OpenPlace<AddressGroup>

    init(_ place: OpenPlace<AddressGroup>) {
        self.place = place
    }
}
