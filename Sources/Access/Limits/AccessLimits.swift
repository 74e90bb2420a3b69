public import Channels
public import HTTPServing

/// How much each address, principal and channel may take, and how much it has taken. May be used from any thread; its
/// memory is bounded whatever addresses come.
///
/// Times are nanoseconds of a clock that only goes forward.
public final class AccessLimits: Sendable {
    /// Connections belong to addresses alone: who asks is known only with a request.
    public struct Configuration: Hashable, Sendable {
        public var connections = ConnectionLimits()
        public var address = UsageLimits()
        public var principal = UsageLimits()
        public var channel = UsageLimits()

        public init() {}
    }

    private let connections: ConnectionLimiter
    private let addresses: UsageLimiter<AddressGroup>
    private let principals: UsageLimiter<Principal.Name>
    private let channels: UsageLimiter<ChannelName>
    private let limitsReaders: Bool
    /// Whether publications need to be judged.
    public let limitsPublishing: Bool
    /// What was refused.
    public let refusals: RefusalCounts

    /// - Parameter last: What held before: what it has counted and still is open counts on, and rates that stay as they
    ///   were begin no new bucket.
    public init(_ configuration: Configuration = Configuration(), after last: AccessLimits? = nil) {
        self.connections = ConnectionLimiter(configuration.connections, after: last?.connections)
        self.addresses = UsageLimiter(.address, configuration.address, after: last?.addresses)
        self.principals = UsageLimiter(.principal, configuration.principal, after: last?.principals)
        self.channels = UsageLimiter(.channel, configuration.channel, after: last?.channels)
        self.limitsReaders =
            self.addresses.limitsReaders || self.principals.limitsReaders || self.channels.limitsReaders
        self.limitsPublishing =
            self.addresses.limitsPublishing || self.principals.limitsPublishing || self.channels.limitsPublishing
        self.refusals = last?.refusals ?? RefusalCounts()
    }

    /// Whether connections need not be judged.
    public var takesAllConnections: Bool { self.connections.isOff }

    /// A connection has come.
    ///
    /// - Parameter address: The client's, not that of a proxy which is known as one.
    public func judgeConnection(from address: PeerAddress, at now: UInt64) -> ConnectionJudgement {
        let judgement = self.connections.judge(address, at: now)
        switch judgement {
        case .served: break
        case .refused(let most, _): self.refusals.add(ExceededLimit(.address, .connections(most)), from: address)
        case .closed(let limit): self.refusals.add(limit, from: address)
        }
        return judgement
    }

    /// A reader comes, which counts for its address, its principal and each of its channels until its places are let go of.
    /// Who is anonymous counts by address only.
    ///
    /// - Returns: `nil` where readers have no limits.
    public func openReader(
        of channels: [ChannelName], from address: PeerAddress?, by principal: Principal
    ) throws(ExceededLimit) -> ReaderPlaces? {
        guard self.limitsReaders else { return nil }
        do throws(ExceededLimit) {
            let address = try self.addresses.openReader(address.map { AddressGroup($0) })
            let principal = try self.principals.openReader(principal.name)
            var places: [OpenPlace<ChannelName>] = []
            for channel in channels {
                if let place = try self.channels.openReader(channel) { places.append(place) }
            }
            return ReaderPlaces(address: address, principal: principal, channels: places)
        } catch {
            self.refusals.add(error, from: address)
            throw error
        }
    }

    /// Something is to be published. It counts once, however many channels have it, and for each of them.
    public func publish(
        _ publication: Publication, from address: PeerAddress?, by principal: Principal, at now: UInt64
    ) throws(ExceededLimit) {
        let (count, size) = (publication.drafts.count, publication.drafts.reduce(0) { $0 + $1.size })
        let demands =
            self.addresses.demands(count, size: size, of: address.map { AddressGroup($0) })
            + self.principals.demands(count, size: size, of: principal.name)
            + ([publication.channel] + publication.others).flatMap { self.channels.demands(count, size: size, of: $0) }
        do throws(ExceededLimit) { try TokenDemand.meet(demands, at: now) } catch {
            self.refusals.add(error, from: address)
            throw error
        }
    }

    /// How many addresses, principals and channels have anything open.
    var openKeyCount: Int {
        self.connections.keyCount + self.addresses.readingKeyCount + self.principals.readingKeyCount
            + self.channels.readingKeyCount
    }
}

/// A reader among those of its address, its principal and its channels: counts until it is let go of.
public final class ReaderPlaces: Sendable {
    private let address: OpenPlace<AddressGroup>?
    private let principal: OpenPlace<Principal.Name>?
    private let channels: [OpenPlace<ChannelName>]

    fileprivate init(
        address: OpenPlace<AddressGroup>?, principal: OpenPlace<Principal.Name>?, channels: [OpenPlace<ChannelName>]
    ) {
        self.address = address
        self.principal = principal
        self.channels = channels
    }

    /// It counts no more, whoever still knows of it.
    public func giveBack() {
        self.address?.giveBack()
        self.principal?.giveBack()
        for channel in self.channels { channel.giveBack() }
    }
}
