import Access
import Channels
import Fanout
import HTTPServing
import NIOCore
import NIOHTTP1

/// What a client asks for when it reads: the parameters of its query or form and the fields that go with them.
///
/// Names are compared without regard to case, `-` and `_`; unknown ones are ignored. A number over its most is cut to
/// it; what cannot be read is refused by name.
struct ReadParameters {
    /// How the reader is served.
    enum Transport: Equatable {
        case eventStream
        case poll
        case pollEventStream
        /// A poll's answer as a script that calls this function.
        case jsonp(callback: String)
    }

    var transport = Transport.poll
    var start = ReadStart.now
    var wait: TimeAmount
    var limit: Int
    var heartbeat: TimeAmount
    var heartbeatForm: TransportConfiguration.HeartbeatForm
    /// How an event stream without a cursor tells the id after which it begins.
    var opening = Opening.none
    var envelope = false
    /// Bytes of comment at the beginning.
    var padding = 0
    /// The most bytes of the stream; `nil` for no end.
    var budget: Int?
    /// How long the stream may last; `nil` for ever.
    var lifetime: TimeAmount?
    /// When the client may read no longer; `nil` if it always may.
    var rightEnd: NIODeadline?
    /// By what the client's readers are known to belong together; `nil` if it does not say.
    var session: String?
    /// What stands in the place of a token; `nil` without.
    var ticket: [UInt8]?
    /// The channels named by `channel`.
    var channels: [[UInt8]] = []

    /// - Throws: ``Problem`` (400) that names the parameter.
    init(_ request: Request, defaults: TransportConfiguration) throws(Problem) {
        self.wait = defaults.pollWait
        self.limit = defaults.pollLimit
        self.heartbeat = defaults.heartbeat
        self.heartbeatForm = defaults.heartbeatForm
        if request.method == .POST { try request.requireNoEncoding() }
        let parameters = Parameters(
            request.query, request.method == .POST ? Array(request.body.readableBytesView) : [])
        self.transport = try Self.transport(request, parameters, defaults)
        self.channels = try parameters.channelNames()
        self.session = try Self.session(parameters)
        self.ticket = try parameters.bytes(.ticket)
        try self.takeStart(request, parameters)
        try self.takeTimes(request, parameters, defaults)
        try self.takeForm(request, parameters)
    }

    private static let mediaTypes: [StaticString] = ["text/event-stream", "application/json"]

    private static func transport(
        _ request: Request, _ named: Parameters, _ defaults: TransportConfiguration
    ) throws(Problem) -> Transport {
        switch try named.text(.transport) {
        case "sse": return .eventStream
        case "poll": return .poll
        case "poll-sse": return .pollEventStream
        case "jsonp":
            guard defaults.jsonp else { throw .jsonpIsOff }
            return .jsonp(callback: try JSONP.callback(try named.text(.callback), request))
        case .some(let other): throw .badRequest("transport=\(other): must be sse, poll, poll-sse or jsonp")
        case nil:
            switch request.preferred(of: Self.mediaTypes) {
            case 0: return .eventStream
            case 1: return .poll
            default:
                let wantsPadding = try Self.padding(named) > 0
                return named.isPolyfill || wantsPadding ? .eventStream : .poll
            }
        }
    }

    private static func session(_ named: Parameters) throws(Problem) -> String? {
        guard let session = try named.text(.session) else { return nil }
        guard session.utf8.count <= 64, session.utf8.allSatisfy(Self.isSessionByte) else {
            throw .badRequest("session: must be 1 to 64 of A-Z, a-z, 0-9, - and _")
        }
        return session
    }

    private static func isSessionByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    private static let cursorNames: [Parameters.Name] = [.lastEventID, .evsLastEventID, .after]

    private mutating func takeStart(_ request: Request, _ named: Parameters) throws(Problem) {
        if let header = request.lastEventID {
            self.start = .after(Cursor(header))
        } else if let name = Self.cursorNames.first(where: named.has), let cursor = try named.bytes(name) {
            self.start = .after(Cursor(cursor))
        } else {
            self.start = try Self.start(try named.text(.since) ?? "now")
        }
    }

    private static func start(_ since: String) throws(Problem) -> ReadStart {
        switch since {
        case "now": return .now
        case "earliest": return .earliest
        default:
            let digits = since.dropFirst()
            guard since.first == "-", !digits.isEmpty, digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else {
                throw .badRequest("since=\(since): must be now, earliest or -N, N being a number from 1")
            }
            let count = Int(digits) ?? .max
            guard count > 0 else { throw .badRequest("since=\(since): N must be at least 1") }
            return .last(count)
        }
    }

    private mutating func takeTimes(
        _ request: Request, _ named: Parameters, _ defaults: TransportConfiguration
    ) throws(Problem) {
        if let wait = try named.number(.wait, most: Int(defaults.pollWaitMost.nanoseconds / 1_000_000_000)) {
            self.wait = .seconds(Int64(wait))
        }
        if let limit = try named.number(.limit, most: defaults.pollLimit) {
            guard limit > 0 else { throw .badRequest("limit=0: must be at least 1") }
            self.limit = limit
        }
        if let heartbeat = try named.number(.heartbeat, most: 3_600) { self.heartbeat = .seconds(Int64(heartbeat)) }
        if request.isByScript, !named.isPolyfill {
            self.lifetime = defaults.polyfillLifetime
            self.wait = min(self.wait, defaults.polyfillLifetime)
        }
    }

    /// How the opening id is told: as asked for, or as suits the client. In other forms than an event stream it has its own place.
    private func opening(_ request: Request, _ named: Parameters) throws(Problem) -> Opening {
        if let open = try named.text(.open) {
            guard let known = Opening(rawValue: open) else {
                throw .badRequest("open=\(open): must be id, event or none")
            }
            return known
        }
        switch self.transport {
        // A heartbeat that is an event comes first anyway, and may as well carry the id.
        case .eventStream, .pollEventStream:
            return self.heartbeatForm == .event ? .event : Opening(request, self.transport)
        case .poll, .jsonp: return .none
        }
    }

    private mutating func takeForm(_ request: Request, _ named: Parameters) throws(Problem) {
        switch try named.text(.envelope) {
        case "json": self.envelope = true
        case nil: self.envelope = false
        case .some(let other): throw .badRequest("envelope=\(other): must be json")
        }
        if let form = try named.text(.heartbeatForm) {
            guard let known = TransportConfiguration.HeartbeatForm(rawValue: form) else {
                throw .badRequest("heartbeatForm=\(form): must be retry, comment or event")
            }
            self.heartbeatForm = known
        }
        self.opening = try self.opening(request, named)
        self.padding = try Self.padding(named)
        let polyfillBudget = try named.number(.evsBufferSizeLimit, most: .max)
        self.budget = try named.number(.budget, most: .max) ?? polyfillBudget
    }

    /// How many bytes of comment the client wants first.
    private static func padding(_ named: Parameters) throws(Problem) -> Int {
        let preamble = try named.number(.evsPreamble, most: 8_192) ?? 0
        switch try named.text(.padding) {
        case "true": return max(2_048, preamble)
        case "false", nil: return preamble
        case .some: return max(try named.number(.padding, most: 8_192, or: "true or ") ?? 0, preamble)
        }
    }
}

extension ReadParameters {
    /// Begins to serve a reader of the feed by the transport that was asked for.
    func beginReader(
        of feed: Feed, _ admission: Admission, on exchange: any Exchange, as membership: Membership?,
        configuration: TransportConfiguration
    ) {
        switch self.transport {
        case .eventStream:
            EventStreamTransport(self, admission, exchange: exchange, configuration: configuration).begin(
                self.start, of: feed, as: membership)
        case .poll, .pollEventStream, .jsonp:
            PollTransport(self, admission, exchange: exchange, configuration: configuration).begin(
                self.start, of: feed, as: membership)
        }
    }

    /// Makes a reader with these parameters part of a session.
    func membership(
        of selection: Selection, _ peer: Peer, _ principal: Principal, in sessions: Sessions
    ) -> Membership {
        let address = peer.address.map { "\($0)" } ?? "unknown"
        let signs = SessionSigns(
            token: self.session, connection: peer.connection,
            identity: ReaderIdentity(principal == .anonymous ? address : "\(principal)"))
        let isOnly = self.transport == .eventStream && self.session == nil
        return Membership(isOnly ? .only : .oneOfMany, of: selection, signs, in: sessions)
    }
}
