import NIOHTTP1

extension ClientRequest {
    /// A heartbeat is asked for, so that silence can be told from death, and the id of the place where the stream
    /// begins, so that there is a cursor from the first moment on.
    static func stream(_ channels: [String], from place: Follower.Start, session: String) -> ClientRequest {
        Self.events(
            channels, from: place, accept: "text/event-stream",
            ["transport=sse", "envelope=json", "open=id", "heartbeat=15", "session=\(session)"])
    }

    /// A poll without a cursor is not held, whatever it finds: it comes back with one.
    static func poll(_ channels: [String], from place: Follower.Start, session: String) -> ClientRequest {
        let wait = if case .after = place { 25 } else { 0 }
        return Self.events(
            channels, from: place, accept: "application/json",
            ["transport=poll", "wait=\(wait)", "session=\(session)"])
    }

    private static func events(
        _ channels: [String], from place: Follower.Start, accept: String, _ parameters: [String]
    ) -> ClientRequest {
        let names = channels.map { "channel=" + String(percentEncoding: $0.utf8) }
        let query = (names + parameters + [place.parameter]).joined(separator: "&")
        return ClientRequest(method: .GET, target: "/events?" + query, headers: ["Accept": accept])
    }
}

extension Follower.Start {
    /// As the server is told of it. A cursor stands in the query and not in `Last-Event-ID`: there an id with any
    /// characters can be sent.
    fileprivate var parameter: String {
        switch self {
        case .now: "since=now"
        case .earliest: "since=earliest"
        case .last(let count): "since=-\(count)"
        case .after(let id): "after=" + String(percentEncoding: id.utf8)
        }
    }
}
