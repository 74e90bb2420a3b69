import Channels
import HTTPServing
import NIOCore

/// The publishers of one event loop. Owner: that event loop.
///
/// What they send in one turn of the loop goes to the ledger together, is committed together, and answered together.
final class LoopPublishers {
    /// How many events are enough for a commit of their own: the ledger begins with it while the loop reads on.
    private static let handOverSize = 16

    private typealias Asked = (request: PublishRequest, answer: any PostponedAnswer)

    private let bridge: Bridge
    private let eventLoop: any EventLoop
    private var waiting: [Asked] = []
    private var waitingEvents = 0

    init(bridge: Bridge, eventLoop: any EventLoop) {
        self.bridge = bridge
        self.eventLoop = eventLoop
    }

    func publish(_ request: PublishRequest, on exchange: any Exchange) {
        if self.waiting.isEmpty {
            let publishers = NIOLoopBound(self, eventLoop: self.eventLoop)
            self.eventLoop.execute { publishers.value.handOver() }
        }
        self.waiting.append((request, exchange.postpone()))
        self.waitingEvents += request.publication.drafts.count
        if self.waitingEvents >= Self.handOverSize { self.handOver() }
    }

    private func handOver() {
        guard !self.waiting.isEmpty else { return }
        let asked = NIOLoopBound(self.waiting, eventLoop: self.eventLoop)
        let publications = self.waiting.map(\.request.publication)
        self.waiting = []
        self.waitingEvents = 0
        self.bridge.publish(publications) { [eventLoop, epoch = self.bridge.epoch] results in
            eventLoop.run {
                for ((request, answer), result) in zip(asked.value, results) {
                    answer.respond(PublishAnswer.response(result, to: request, epoch: epoch))
                }
            }
        }
    }
}

@available(*, unavailable)
extension LoopPublishers: Sendable {}
