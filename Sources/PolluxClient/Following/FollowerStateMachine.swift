import EventStream
import JSON

/// Where a follower is in its channels, and when it tries again: knows no socket and no time.
///
/// The place moves with every event, and with every id that comes without one. A gap does not move it: the id of the
/// event that follows does.
struct FollowerStateMachine {
    /// A poll that was to be held, and came back with nothing in less than this, shows a server that holds no polls.
    private static let shortestHold = Duration.seconds(1)

    /// Where the next request goes on.
    private(set) var place: Follower.Start
    private var backoff: Backoff

    init(_ start: Follower.Start, backoff: Backoff = Backoff()) {
        self.place = start
        self.backoff = backoff
    }

    /// A stream was opened.
    mutating func streamBegan() {
        self.backoff.succeeded()
    }

    /// A stream told something.
    ///
    /// - Returns: What is to be handed on; `nil` for what concerns only the place and the time.
    /// - Throws: ``ClientError/unreadable(_:)``.
    mutating func received(_ output: EventStreamParser.Output) throws(ClientError) -> Follower.Occurrence? {
        switch output {
        case .event(let event) where event.type == Gap.eventType:
            return .gap(try Gap((try? JSONValue(parsing: Array(event.data.utf8))) ?? .null))
        case .event(let event):
            self.move(to: event.lastEventID)
            return .event(try FollowedEvent(event))
        case .lastEventID(let id):
            self.move(to: id)
            return nil
        case .reconnectionTime(let milliseconds):
            self.backoff.setReconnectionTime(milliseconds: milliseconds)
            return nil
        }
    }

    /// A poll was answered.
    ///
    /// - Parameter held: How long it took.
    /// - Returns: How long to wait before the next poll: zero, unless the server answered with nothing at once.
    mutating func received(_ answer: PollAnswer, heldFor held: Duration) -> Duration {
        let wasToBeHeld = if case .after = self.place { true } else { false }
        self.move(to: answer.next)
        if wasToBeHeld, held < Self.shortestHold, answer.events.isEmpty, answer.gap == nil {
            return self.backoff.failed()
        }
        self.backoff.succeeded()
        return .zero
    }

    /// The connection is gone, or never was; also when the server ended the stream in good order.
    ///
    /// - Returns: How long to wait before the next attempt.
    /// - Throws: The error, if another attempt would end no better.
    mutating func failed(_ error: ClientError) throws(ClientError) -> Duration {
        switch error {
        case .unreachable, .untrusted, .lost: return self.backoff.failed()
        case .refused(let problem) where problem.isTemporary: return self.backoff.failed(retryAfter: problem.retryAfter)
        case .refused, .unreadable, .unusable: throw error
        }
    }

    /// An empty id names no place (WHATWG HTML, section 9.2.3): the last one is kept, so that nothing is lost.
    private mutating func move(to id: String) {
        if !id.isEmpty { self.place = .after(id) }
    }
}

extension ServerProblem {
    /// Whether it is expected to pass: the server, or a proxy before it, has too much to do or is being restarted.
    var isTemporary: Bool { self.status >= 500 || [408, 425, 429].contains(self.status) }
}
