import Channels
import EventStream
import HTTPServing

/// How an event stream, served as one or by polls, tells a reader without a cursor the id after which it begins: a reader whose
/// connection breaks before its first event would otherwise lose what comes before it is back.
enum Opening: String {
    case none
    /// By a block that has nothing else, which sets the last event ID and fires nothing (WHATWG HTML, section 9.2.6).
    case id
    /// By a first heartbeat of the form `event`. Firefox and WebKit forget the id of a block without data.
    case event

    /// What suits the client if it does not say.
    ///
    /// A browser's own `EventSource` is known by two signs together: the name that browsers give themselves, and that it wants
    /// nothing from a cache. Libraries that use `fetch` have the first alone, and some hand on a block without data as an
    /// empty message; old polyfills have both, and none of them does. A client that is served by polls cannot do without an id; one that nothing is known of gets the form
    /// that fires nothing.
    init(_ request: Request, _ transport: ReadParameters.Transport) {
        let userAgent = request.header("User-Agent") ?? ""
        if userAgent.hasPrefix("Mozilla/"), request.isUncached {
            // A script reads the stream itself, and keeps an id that its browser would forget.
            self = Self.forgetsIDs(userAgent) && !request.isByScript ? .event : .id
        } else {
            self = transport == .pollEventStream ? .id : .none
        }
    }

    private static func forgetsIDs(_ userAgent: String) -> Bool {
        userAgent.contains("Firefox/") || userAgent.contains("AppleWebKit/") && !userAgent.contains("Chrome/")
    }

    private static let heartbeatType = Array("pollux.heartbeat".utf8)

    /// - Parameter heartbeat: How many seconds it is until the next heartbeat; 0 if none follows.
    func append(_ id: EventID, heartbeat: Int64, to bytes: inout [UInt8]) {
        switch self {
        case .none: break
        case .id: EventStreamEncoder.appendID(id.bytes, to: &bytes)
        case .event: Self.appendHeartbeat(id: id, seconds: heartbeat, to: &bytes)
        }
    }

    /// Appends a heartbeat that pages see.
    static func appendHeartbeat(id: EventID?, seconds: Int64, to bytes: inout [UInt8]) {
        EventStreamEncoder.appendEvent(
            id: id?.bytes, type: self.heartbeatType, data: Array(String(seconds).utf8), to: &bytes)
    }
}
