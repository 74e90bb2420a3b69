import Channels
import HTTPServing
import NIOCore

/// The publishers of one event loop. Owner: that event loop.
///
/// What they send in one turn of the loop goes to the ledger together, is committed together, and answered together. While
/// the ledger has enough to do for this loop, what comes is gathered, as small segments are until the last one is
/// acknowledged (RFC 896): the busier it is, the more is committed at once, and without load nothing waits.
final class LoopPublishers {
    private typealias Asked = (request: PublishRequest, answer: any PostponedAnswer)

    /// How many groups are enough for the ledger: one that it commits, and one that it finds when it has done so.
    private static let groupLimit = 2
    /// How many events are enough for a commit of their own, whatever else is under way.
    private static let groupSize = 16

    private let bridge: Bridge
    private let eventLoop: any EventLoop
    private let readers: LoopReaders
    private var waiting: [Asked] = []
    private var waitingEvents = 0
    private var willHandOver = false
    /// How many groups are with the ledger.
    private var groups = 0

    init(_ readers: LoopReaders) {
        self.bridge = readers.bridge
        self.eventLoop = readers.eventLoop
        self.readers = readers
    }

    func publish(_ request: PublishRequest, on exchange: any Exchange) {
        self.waiting.append((request, exchange.postpone()))
        self.waitingEvents += request.publication.drafts.count
        if self.waitingEvents >= Self.groupSize {
            self.handOver()
        } else if self.groups < Self.groupLimit {
            self.handOverSoon()
        }
    }

    private func handOverSoon() {
        guard !self.willHandOver else { return }
        self.willHandOver = true
        let publishers = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.eventLoop.execute {
            publishers.value.willHandOver = false
            publishers.value.handOver()
        }
    }

    private func handOver() {
        guard !self.waiting.isEmpty else { return }
        let publications = self.waiting.map(\.request.publication)
        let asked = NIOLoopBound((self, self.waiting), eventLoop: self.eventLoop)
        self.waiting = []
        self.waitingEvents = 0
        self.groups += 1
        self.readers.groupBegan()
        self.bridge.publish(publications) { [eventLoop] results in
            eventLoop.run {
                let (publishers, asked) = asked.value
                publishers.answer(asked, results)
            }
        }
    }

    private func answer(_ asked: [Asked], _ results: [Result<PublishOutcome, LedgerError>]) {
        self.groups -= 1
        if self.groups < Self.groupLimit { self.handOver() }
        for ((request, answer), result) in zip(asked, results) {
            answer.respond(PublishAnswer.response(result, to: request, epoch: self.bridge.epoch))
        }
        self.readers.groupSettled()
    }
}

@available(*, unavailable)
extension LoopPublishers: Sendable {}
