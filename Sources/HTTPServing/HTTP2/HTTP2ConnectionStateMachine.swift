import NIOHTTP2

/// Where an HTTP/2 connection is: open, in one of the steps of a stop (RFC 9113, section 6.8), or ending.
///
/// A stop takes two steps, since requests may be on their way when it begins. First the client is asked to open no
/// further streams, by a GOAWAY that still promises to serve all, and a PING. Once the PING is acknowledged (or has
/// been waited for long enough), the client knows; a second GOAWAY then names the last stream that is served.
///
/// Knows no frames, no socket and no time: every method is something that happened, and returns what is to be done
/// about it.
struct HTTP2ConnectionStateMachine {
    /// The streams that the client has opened.
    struct Streams: Equatable {
        /// How many have not ended.
        var open = 0
        /// The latest; the root stream while there was none.
        var last = HTTP2StreamID.rootStream

        func opened(_ id: HTTP2StreamID) -> Streams { Streams(open: self.open + 1, last: id) }
        func closed() -> Streams { Streams(open: max(0, self.open - 1), last: self.last) }
    }

    enum State: Equatable {
        /// Requests are served.
        case open(Streams)
        /// The server is full: the connection ends with the answers to its first requests.
        case refusing(Streams)
        /// The client was asked to open no further streams. Those that it had opened before it read that are served.
        case announcing(Streams)
        /// The client was told which stream is the last that is served. The connection ends with the last of them.
        case draining(open: Int)
        /// The client has broken the protocol, and was told so by NIO's handler.
        case failed
        /// Nothing more is written; the client is given time to read what was.
        case lingering
    }

    enum Action: Equatable {
        case none
        /// Send a GOAWAY that promises to serve all streams, and a PING; have all answers come to their end.
        case announceStop
        /// Send the GOAWAY that names the last stream that is served.
        case sendGoAway(last: HTTP2StreamID)
        /// Close the connection's output behind what is written, and throw away what still comes.
        case linger
        /// Look whether the client is still there.
        case inspect
        case close
    }

    private(set) var state: State

    /// - Parameter isRefusing: Whether the server is full.
    init(isRefusing: Bool = false) {
        self.state = isRefusing ? .refusing(Streams()) : .open(Streams())
    }

    /// Whether answers are to come to their end, those to requests that are still on their way too.
    var isStopping: Bool {
        switch self.state {
        case .open, .refusing: false
        case .announcing, .draining, .failed, .lingering: true
        }
    }

    /// Whether the client has never opened a stream.
    var isUnused: Bool {
        switch self.state {
        case .open(let streams), .refusing(let streams): streams.last == .rootStream
        case .announcing, .draining, .failed, .lingering: false
        }
    }

    /// The client opens a stream. Returns whether it is served.
    mutating func streamOpened(_ id: HTTP2StreamID) -> Bool {
        switch self.state {
        case .open(let streams): self.state = .open(streams.opened(id))
        case .refusing(let streams): self.state = .refusing(streams.opened(id))
        case .announcing(let streams): self.state = .announcing(streams.opened(id))
        case .draining, .failed, .lingering: return false
        }
        return true
    }

    /// A stream that is served has ended, in whatever way.
    mutating func streamClosed() {
        switch self.state {
        case .open(let streams): self.state = .open(streams.closed())
        case .refusing(let streams): self.state = .refusing(streams.closed())
        case .announcing(let streams): self.state = .announcing(streams.closed())
        case .draining(let open): self.state = .draining(open: max(0, open - 1))
        case .failed, .lingering: break
        }
    }

    /// All that the streams have written so far was handed on.
    ///
    /// The connection ends only here, and not as soon as its last stream is closed: NIO's handler closes a stream
    /// before it writes the stream's last frame.
    mutating func flushed() -> Action {
        switch self.state {
        case .refusing(let streams) where streams.open == 0 && streams.last != .rootStream:
            return self.drain(streams)
        case .draining(open: 0):
            self.state = .lingering
            return .linger
        case .open, .refusing, .announcing, .draining, .failed, .lingering:
            return .none
        }
    }

    /// The client has had nothing under way for as long as it may.
    mutating func idleTimeReached() -> Action {
        switch self.state {
        case .open(let streams) where streams.open == 0, .refusing(let streams) where streams.open == 0:
            return self.drain(streams)
        case .open, .refusing, .announcing, .draining, .failed, .lingering:
            return .none
        }
    }

    /// The server is stopping.
    mutating func stop() -> Action {
        switch self.state {
        case .open(let streams), .refusing(let streams):
            self.state = .announcing(streams)
            return .announceStop
        case .announcing, .draining, .failed, .lingering:
            return .none
        }
    }

    /// The client has acknowledged the PING behind the first GOAWAY.
    mutating func stopAcknowledged() -> Action {
        switch self.state {
        case .announcing(let streams): self.drain(streams)
        case .open, .refusing, .draining, .failed, .lingering: .none
        }
    }

    /// The time is over that was given for what is next: an inspection, the acknowledgement of a stop, or the client's
    /// own close.
    mutating func deadlineReached() -> Action {
        switch self.state {
        case .open, .refusing, .draining, .failed: .inspect
        case .announcing(let streams): self.drain(streams)
        case .lingering: .close
        }
    }

    /// NIO's handler has told the client of its error by a GOAWAY; the error itself comes next.
    mutating func errorSent() {
        switch self.state {
        case .open, .refusing, .announcing, .draining: self.state = .failed
        case .failed, .lingering: break
        }
    }

    /// An error has come up from NIO's handler. One that the client was not told of does not end the connection.
    mutating func errorCaught() -> Action {
        switch self.state {
        case .failed:
            self.state = .lingering
            return .linger
        case .open, .refusing, .announcing, .draining, .lingering:
            return .none
        }
    }

    private mutating func drain(_ streams: Streams) -> Action {
        self.state = .draining(open: streams.open)
        return .sendGoAway(last: streams.last)
    }
}
