import Channels
import EventStream
import Fanout
import HTTPServing
import NIOCore
import NIOHTTP1

/// The reader that stays: `text/event-stream` (WHATWG HTML, section 9.2).
final class EventStreamTransport: ReaderOutlet {
    static let headers: HTTPHeaders = [
        "Content-Type": "text/event-stream",
        "Cache-Control": "no-cache, no-store, no-transform",
        "X-Accel-Buffering": "no",
        "X-Content-Type-Options": "nosniff",
    ]

    let admission: Admission
    var slot = 0
    private let exchange: any Exchange
    /// Until the answer ends.
    private var reader: Reader?
    private let configuration: TransportConfiguration
    private let heartbeat: TimeAmount
    private let heartbeatForm: TransportConfiguration.HeartbeatForm
    private let hasEnvelope: Bool
    /// What stands at the beginning besides `retry`; asked for once.
    private let padding: Int
    private let opening: Opening
    private let endsAt: NIODeadline
    /// When the client may read no longer.
    private let rightEnd: NIODeadline
    /// How many bytes may still be written.
    private var budget: Int
    private var hasSentEvent = false

    init(
        _ parameters: ReadParameters, _ admission: Admission, exchange: any Exchange,
        configuration: TransportConfiguration
    ) {
        self.admission = admission
        self.exchange = exchange
        self.configuration = configuration
        self.heartbeat = parameters.heartbeat
        self.heartbeatForm = parameters.heartbeatForm
        self.hasEnvelope = parameters.envelope
        self.padding = parameters.padding
        self.opening = parameters.hasCursor ? .none : parameters.opening
        self.endsAt = parameters.lifetime.map { .now() + $0 } ?? .distantFuture
        self.rightEnd = parameters.rightEnd ?? .distantFuture
        self.budget = parameters.budget ?? .max
    }

    func begin(_ start: ReadStart, of feed: Feed, as membership: Membership?) {
        let reader = Reader(
            feed: feed, eventLoop: self.exchange.eventLoop, outlet: self, membership: membership)
        self.reader = reader
        self.exchange.delegate = self
        self.admission.others.add(self)
        reader.begin(start)
    }

    func begin(after id: EventID, gap: Gap?) -> Delivery {
        self.exchange.beginStream(Response(.ok, headers: Self.headers))
        var prelude: [UInt8] = []
        EventStreamEncoder.appendRetry(milliseconds: self.configuration.retryMilliseconds, to: &prelude)
        if self.padding > 0 { EventStreamEncoder.appendComment(padding: self.padding, to: &prelude) }
        gap?.appendEvent(to: &prelude)
        if self.heartbeatForm == .event {
            Opening.appendHeartbeat(id: self.opening == .none ? nil : id, seconds: self.heartbeatSeconds, to: &prelude)
        } else {
            self.opening.append(id, heartbeat: self.heartbeatSeconds, to: &prelude)
        }
        return self.write(prelude)
    }

    func report(_ gap: Gap, before id: EventID) -> Delivery {
        var event: [UInt8] = []
        gap.appendEvent(to: &event)
        return self.write(event)
    }

    func deliver(_ batch: Batch, isLast: Bool) -> Delivery {
        guard !batch.events.isEmpty else { return .ready }
        let now = NIODeadline.now()
        // A reader that is always behind sees no deadline: what it waits for is to write.
        guard now < self.rightEnd else { return self.deny(.expired) }
        guard self.budget == .max else { return self.deliverWithinBudget(batch) }
        return self.written(self.exchange.write(batch.blocks(envelope: self.hasEnvelope)), at: now)
    }

    func caughtUp(at id: EventID) -> Delivery {
        self.setDeadline(after: .now())
        return .ready
    }

    private func writeHeartbeat() -> Delivery {
        var beat: [UInt8] = []
        self.appendHeartbeat(to: &beat)
        guard self.budget == .max || beat.count <= self.budget else { return self.end() }
        return self.write(beat)
    }

    private func appendHeartbeat(to bytes: inout [UInt8]) {
        switch self.heartbeatForm {
        case .retry: EventStreamEncoder.appendRetry(milliseconds: self.configuration.retryMilliseconds, to: &bytes)
        case .comment: EventStreamEncoder.appendComment(padding: 0, to: &bytes)
        case .event: Opening.appendHeartbeat(id: nil, seconds: self.heartbeatSeconds, to: &bytes)
        }
    }

    private var heartbeatSeconds: Int64 { self.heartbeat.nanoseconds / 1_000_000_000 }

    func fail(_ error: LedgerError) {
        self.sayGoodbye()
    }

    func ended() {
        self.admission.others.remove(self)
    }

    /// Ends the answer with the time at which its client is to come back.
    private func sayGoodbye() {
        self.admission.giveBackPlace()
        if !self.exchange.hasBegunStream { self.exchange.beginStream(Response(.ok, headers: Self.headers)) }
        var farewell: [UInt8] = []
        let retry = self.configuration.spreadRetry()
        EventStreamEncoder.appendRetry(milliseconds: retry, to: &farewell)
        _ = self.write(farewell)
        _ = self.end()
    }

    /// Ends the answer of a client that may read no longer, and says so: what it asks next is answered with a status.
    private func deny(_ reason: Denial) -> Delivery {
        self.admission.giveBackPlace()
        guard self.exchange.hasBegunStream else {
            self.reader = nil
            self.exchange.respond(Problem.denied(reason).response)
            return .ended
        }
        var denial: [UInt8] = []
        EventStreamEncoder.appendEvent(
            id: nil, type: Array("pollux.denied".utf8), data: Array("{\"reason\":\"\(reason.rawValue)\"}".utf8),
            to: &denial)
        _ = self.write(denial)
        return self.end()
    }

    /// The largest part of the batch that fits, but at least one event in all; then the end, if that is not all.
    private func deliverWithinBudget(_ batch: Batch) -> Delivery {
        var bytes: [UInt8] = []
        for event in batch.events {
            let block = Batch(batch.lineage, after: batch.after, events: [event], through: event.position)
            let encoded = block.blocks(envelope: self.hasEnvelope).content
            guard !self.hasSentEvent || bytes.count + encoded.readableBytes <= self.budget else {
                _ = self.write(bytes)
                return self.end()
            }
            bytes.append(contentsOf: encoded.readableBytesView)
            self.hasSentEvent = true
        }
        let delivery = self.write(bytes)
        return self.budget > 0 ? delivery : self.end()
    }

    private func write(_ content: [UInt8]) -> Delivery {
        guard !content.isEmpty else { return .ready }
        if self.budget != .max { self.budget = max(0, self.budget - content.count) }
        return self.written(self.exchange.write(ByteBuffer(bytes: content)), at: .now())
    }

    /// - Parameter isTaken: Whether the connection has taken all that was written.
    private func written(_ isTaken: Bool, at now: NIODeadline) -> Delivery {
        guard isTaken else { return .blocked }
        self.setDeadline(after: now)
        return .ready
    }

    private func setDeadline(after now: NIODeadline) {
        let beat = self.heartbeat == .zero ? NIODeadline.distantFuture : now + self.heartbeat
        self.exchange.setDeadline(min(beat, self.endsAt, self.rightEnd))
    }

    private func end() -> Delivery {
        self.reader = nil
        self.admission.giveBackPlace()
        self.exchange.end()
        return .ended
    }
}

extension EventStreamTransport: ExchangeDelegate {
    func writable() {
        self.reader?.writable()
    }

    func closed() {
        self.reader?.leave()
        self.reader = nil
    }

    func deadlineReached(_ now: NIODeadline) {
        guard let reader = self.reader else { return }
        guard now < self.rightEnd else { return self.denied(.expired) }
        guard reader.isAtHead else { return self.setDeadline(after: now) }
        reader.wrote(now < self.endsAt ? self.writeHeartbeat() : self.end())
    }

    /// A client that has gone altogether answers a heartbeat with a reset.
    func inputClosed() {
        guard let reader = self.reader, reader.isAtHead else { return }
        reader.wrote(self.writeHeartbeat())
    }

    func drain() {
        guard let reader = self.reader else { return }
        reader.leave()
        self.sayGoodbye()
    }
}

extension EventStreamTransport: AdmittedReader {
    func denied(_ reason: Denial) {
        self.reader?.leave()
        _ = self.deny(reason)
    }
}

@available(*, unavailable)
extension EventStreamTransport: Sendable {}

extension ReadParameters {
    var hasCursor: Bool { if case .after = self.start { true } else { false } }
}

extension TransportConfiguration {
    /// A reconnection time in milliseconds that differs from client to client, so that not all come back at once.
    func spreadRetry() -> Int { self.retryMilliseconds / 3 + Int.random(in: 0...max(0, self.retrySpreadMilliseconds)) }
}
