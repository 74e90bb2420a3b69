import Channels
import EventStream
import Fanout
import HTTPServing
import NIOCore
import NIOHTTP1

/// The reader that leaves after one batch: long polling (RFC 6202, section 2), answered as JSON, as an event
/// stream or as a script.
final class PollTransport: ReaderOutlet {
    private let exchange: any Exchange
    /// Until the poll is answered.
    private var reader: Reader?
    private let configuration: TransportConfiguration
    private let parameters: ReadParameters
    private var gap: Gap?
    private var hasBegun = false
    /// How long a poll is held on whose client sends nothing more. Most of these have gone, and cost a connection until then.
    private static let halfClosedWait = TimeAmount.seconds(5)

    private var wait: TimeAmount
    /// When the poll has been held for as long as it may.
    private var endsAt: NIODeadline?
    /// What an event-stream answer says of when to come back.
    private var retryMilliseconds: Int
    /// What was read so far, where it comes in more than one batch.
    private var collected: [Event] = []
    private var collectedSize = 0
    private var epoch: Epoch?
    /// Where a poll began that named no cursor: the first thing an event-stream answer says.
    private var opening: EventID?

    init(_ parameters: ReadParameters, exchange: any Exchange, configuration: TransportConfiguration) {
        self.exchange = exchange
        self.configuration = configuration
        self.parameters = parameters
        self.retryMilliseconds = configuration.pollRetryMilliseconds
        self.wait = parameters.wait
    }

    func begin(_ start: ReadStart, of feed: Feed) {
        let reader = Reader(feed: feed, eventLoop: self.exchange.eventLoop, outlet: self)
        self.reader = reader
        self.exchange.delegate = self
        reader.begin(start)
    }

    func begin(after id: EventID, gap: Gap?) -> Delivery {
        self.hasBegun = true
        self.gap = gap
        if !self.parameters.hasCursor { self.opening = id }
        return .ready
    }

    func report(_ gap: Gap) -> Delivery {
        // What was read before the gap goes out alone; the next poll finds the gap again.
        if let last = self.collected.last, let epoch {
            return self.answerCollected(through: last.position, epoch: epoch)
        }
        self.gap = gap
        return .ready
    }

    func deliver(_ batch: Batch, isLast: Bool) -> Delivery {
        guard !batch.events.isEmpty || !self.collected.isEmpty else { return .ready }
        if isLast, self.collected.isEmpty { return self.answer(self.cut(batch)) }
        self.collected += batch.events
        self.epoch = batch.epoch
        self.collectedSize += batch.events.reduce(0) { $0 + $1.size }
        let isFull = self.collected.count >= self.parameters.limit || self.collectedSize >= self.configuration.pollSize
        return isLast || isFull ? self.answerCollected(through: batch.through, epoch: batch.epoch) : .ready
    }

    func caughtUp(at id: EventID) -> Delivery {
        guard self.collected.isEmpty else { return self.answerCollected(through: id.position, epoch: id.epoch) }
        guard self.gap == nil, self.wait > .zero else { return self.answerEmpty(at: id) }
        let end = self.endsAt ?? .now() + self.wait
        self.endsAt = end
        self.exchange.setDeadline(end)
        return .ready
    }

    func fail(_ error: LedgerError) {
        self.refuse(Problem(error))
    }

    private func refuse(_ problem: Problem) {
        self.reader = nil
        let isEventStream = self.parameters.transport == .pollEventStream
        self.exchange.respond(isEventStream ? .refusedStream(self.configuration) : problem.response)
    }

    private func answerEmpty(at id: EventID) -> Delivery {
        self.answer(Batch(epoch: id.epoch, after: id.position, events: [], through: id.position))
    }

    private func answerCollected(through position: Position, epoch: Epoch) -> Delivery {
        let batch = Batch(epoch: epoch, after: position, events: self.collected, through: position)
        return self.answer(self.cut(batch))
    }

    /// As much of a batch as an answer takes.
    private func cut(_ batch: Batch) -> Batch {
        batch.prefix(self.parameters.limit, filling: self.configuration.pollSize)
    }

    private func answer(_ batch: Batch) -> Delivery {
        self.reader = nil
        switch (self.parameters.transport, self.gap) {
        case (.pollEventStream, _): self.exchange.respond(self.eventStreamResponse(batch))
        case (.jsonp(let callback), let gap):
            self.exchange.respond(JSONP.response(PollContent.response(batch, gap: gap), callback: callback))
        case (_, nil): self.exchange.respond(batch.encoded(PollEncoding.self))
        case (_, let gap?): self.exchange.respond(PollContent.response(batch, gap: gap))
        }
        return .ended
    }

    private func eventStreamResponse(_ batch: Batch) -> Response {
        var headers = EventStreamTransport.headers
        headers.add(name: "Last-Event-ID", value: batch.cursor.description)
        return Response(.ok, headers: headers, body: self.eventStream(batch))
    }

    private func eventStream(_ batch: Batch) -> ByteBuffer {
        var prelude: [UInt8] = []
        EventStreamEncoder.appendRetry(milliseconds: self.retryMilliseconds, to: &prelude)
        if self.parameters.padding > 0 {
            EventStreamEncoder.appendComment(padding: self.parameters.padding, to: &prelude)
        }
        self.gap?.appendEvent(to: &prelude)
        if self.gap != nil, batch.events.isEmpty {
            // Nothing else would move the client's cursor over the gap.
            let form = self.parameters.opening == .event ? Opening.event : .id
            form.append(batch.cursor, heartbeat: 0, to: &prelude)
        } else if let id = self.opening {
            self.parameters.opening.append(id, heartbeat: 0, to: &prelude)
        }
        var content = ByteBuffer(bytes: prelude)
        content.writeImmutableBuffer(batch.blocks(envelope: self.parameters.envelope).content)
        return content
    }
}

extension PollTransport: ExchangeDelegate {
    func drained() {
        self.reader?.writable()
    }

    func closed() {
        self.reader?.leave()
        self.reader = nil
    }

    func deadlineReached(_ now: NIODeadline) {
        guard let reader = self.reader, reader.isAtHead else { return }
        reader.wrote(self.answerEmpty(at: reader.id))
    }

    func inputClosed() {
        self.wait = min(self.wait, Self.halfClosedWait)
        guard let endsAt else { return }
        let end = min(endsAt, .now() + Self.halfClosedWait)
        self.endsAt = end
        self.exchange.setDeadline(end)
    }

    func drain() {
        guard let reader = self.reader else { return }
        let id = reader.id
        reader.leave()
        guard self.hasBegun else { return self.refuse(.unavailable("the server is stopping", retryAfter: 2)) }
        self.retryMilliseconds = self.configuration.spreadRetry()
        if let last = self.collected.last {
            _ = self.answerCollected(through: last.position, epoch: id.epoch)
        } else {
            _ = self.answerEmpty(at: id)
        }
    }
}

@available(*, unavailable)
extension PollTransport: Sendable {}
