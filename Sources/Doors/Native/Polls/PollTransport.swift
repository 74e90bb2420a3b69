import Channels
import EventStream
import Fanout
import HTTPServing
import NIOCore
import NIOHTTP1

/// The reader that leaves after one batch: long polling (RFC 6202, section 2), answered as JSON, as an event
/// stream or as a script. Owner: the exchange's event loop.
final class PollTransport {
    let admission: Admission
    var slot = 0
    private let exchange: any Exchange
    private let configuration: TransportConfiguration
    private let parameters: ReadParameters
    private var machine: PollStateMachine
    /// Until the poll is answered.
    private var reader: Reader?

    init(
        _ parameters: ReadParameters, _ admission: Admission, exchange: any Exchange,
        configuration: TransportConfiguration
    ) {
        self.admission = admission
        self.exchange = exchange
        self.configuration = configuration
        self.parameters = parameters
        self.machine = PollStateMachine(
            limit: parameters.limit, size: configuration.pollSize, wait: parameters.wait)
    }

    func begin(_ start: ReadStart, of feed: Feed, as membership: Membership?) {
        let reader = Reader(
            feed: feed, eventLoop: self.exchange.eventLoop, outlet: self, membership: membership)
        self.reader = reader
        self.exchange.delegate = self
        self.admission.others.add(self)
        reader.begin(start)
    }

    @discardableResult
    private func perform(_ action: PollStateMachine.Action) -> Delivery {
        switch action {
        case .none:
            return .ready
        case .wait(let end):
            self.exchange.setDeadline(end)
            return .ready
        case .answer(let prelude, let batch):
            self.reader = nil
            self.answer(prelude, batch)
            return .ended
        case .answerEmpty(let prelude):
            guard let reader = self.reader else { return .ended }
            return self.perform(.answer(prelude, reader.emptyBatch))
        case .refuse(let problem):
            self.reader = nil
            self.admission.giveBackPlace()
            let isEventStream = self.parameters.transport == .pollEventStream
            self.exchange.respond(isEventStream ? .refusedStream(self.configuration) : problem.response)
            return .ended
        }
    }

    // MARK: Answers

    private func answer(_ prelude: PollStateMachine.Prelude, _ batch: Batch) {
        self.admission.giveBackPlace()
        switch (self.parameters.transport, prelude.gap) {
        case (.pollEventStream, _):
            self.exchange.respond(self.eventStreamResponse(prelude, batch))
        case (.jsonp(let callback), let gap):
            self.exchange.respond(JSONP.response(PollContent.response(batch, gap: gap), callback: callback))
        case (_, nil):
            self.exchange.respond(batch.encoded(PollEncoding.self))
        case (_, let gap?):
            self.exchange.respond(PollContent.response(batch, gap: gap))
        }
    }

    private func eventStreamResponse(_ prelude: PollStateMachine.Prelude, _ batch: Batch) -> Response {
        var headers = EventStreamTransport.headers
        headers.add(name: "Last-Event-ID", value: batch.cursor.description)
        var content = ByteBuffer(bytes: self.beginning(prelude, of: batch))
        content.writeImmutableBuffer(batch.blocks(envelope: self.parameters.envelope).content)
        return Response(.ok, headers: headers, body: content)
    }

    /// What stands before the events of an event stream.
    private func beginning(_ prelude: PollStateMachine.Prelude, of batch: Batch) -> [UInt8] {
        var bytes: [UInt8] = []
        let retry = prelude.isFarewell ? self.configuration.spreadRetry() : self.configuration.pollRetryMilliseconds
        EventStreamEncoder.appendRetry(milliseconds: retry, to: &bytes)
        if self.parameters.padding > 0 {
            EventStreamEncoder.appendComment(padding: self.parameters.padding, to: &bytes)
        }
        prelude.gap?.appendEvent(to: &bytes)
        if prelude.gap != nil, batch.events.isEmpty {
            // Nothing else would move the client's cursor over the gap.
            let form = self.parameters.opening == .event ? Opening.event : .id
            form.append(batch.cursor, heartbeat: 0, to: &bytes)
        } else if !self.parameters.hasCursor {
            self.parameters.opening.append(prelude.start, heartbeat: 0, to: &bytes)
        }
        return bytes
    }
}

extension PollTransport: ReaderOutlet {
    func begin(after id: EventID, gap: Gap?) -> Delivery { self.perform(self.machine.began(after: id, gap: gap)) }

    func report(_ gap: Gap, before id: EventID) -> Delivery { self.perform(self.machine.met(gap, before: id)) }

    func deliver(_ batch: Batch, isLast: Bool) -> Delivery {
        self.perform(self.machine.received(batch, isLast: isLast))
    }

    func caughtUp(at id: EventID) -> Delivery { self.perform(self.machine.caughtUp(at: id, .now())) }

    func fail(_ error: LedgerError) {
        self.perform(self.machine.failed(Problem(error)))
    }

    func ended() {
        self.admission.others.remove(self)
    }
}

extension PollTransport: ExchangeDelegate {
    /// A poll writes once, and the exchange lets go of it by that.
    func writable() {}

    func closed() {
        self.reader?.leave()
        self.reader = nil
    }

    func deadlineReached(_ now: NIODeadline) {
        guard let reader = self.reader, reader.isAtHead else { return }
        reader.wrote(self.perform(self.machine.timeOver()))
    }

    func inputClosed() {
        self.perform(self.machine.inputClosed(.now()))
    }

    func drain() {
        guard let reader = self.reader else { return }
        self.perform(self.machine.drain())
        reader.leave()
    }
}

extension PollTransport: AdmittedReader {
    func denied(_ reason: Denial) {
        guard let reader = self.reader else { return }
        self.perform(self.machine.denied(.denied(reason)))
        reader.leave()
    }
}

@available(*, unavailable)
extension PollTransport: Sendable {}
