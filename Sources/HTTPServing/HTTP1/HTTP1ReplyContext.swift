import NIOHTTP1

/// What must be remembered of an HTTP/1 request until it is answered.
struct HTTP1ReplyContext: Equatable {
    /// What becomes of the connection behind the answer.
    enum Fate: Equatable {
        /// The next request may come.
        case keepsAlive
        /// It ends. The client may still be sending: it is read on for a while, so that it gets the answer (RFC 9112,
        /// section 9.6).
        case lingers
        /// It ends. The client has said that it sends nothing more, and need not be waited for.
        case closes
    }

    let isHead: Bool
    let isHTTP10: Bool
    var fate: Fate
    /// The field `Origin`.
    let origin: String?

    var keepsAlive: Bool { self.fate == .keepsAlive }

    /// Whether the answer's head depends on nothing but the answer.
    var isPlain: Bool { !self.isHead && !self.isHTTP10 && self.keepsAlive && self.origin == nil }

    /// How the connection's fate is told: where it is not what the version of HTTP says anyway.
    var connectionField: String? {
        switch (self.isHTTP10, self.keepsAlive) {
        case (false, false): "close"
        case (true, true): "keep-alive"
        case (false, true), (true, false): nil
        }
    }

    /// The same of a connection that ends behind the answer.
    func ending() -> HTTP1ReplyContext {
        guard self.keepsAlive else { return self }
        var context = self
        context.fate = .lingers
        return context
    }
}

extension HTTP1ReplyContext {
    /// The context of a request that came whole.
    init(_ head: RequestHead) {
        self.init(
            isHead: head.method == .HEAD, isHTTP10: head.isHTTP10,
            fate: head.isKeepAlive ? .keepsAlive : head.isLast ? .closes : .lingers, origin: head.known.origin)
    }

    /// The context of a request that is refused before it was read to its end.
    init(refusing head: RequestHead) {
        self.init(
            isHead: head.method == .HEAD, isHTTP10: head.isHTTP10, fate: .lingers, origin: head.known.origin)
    }
}
