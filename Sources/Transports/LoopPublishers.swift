import Channels
import HTTPServing
import NIOCore

/// The publishers of one event loop. Owner: that event loop.
///
/// What they send in one turn of the loop goes to the ledger together, so that it is committed together.
final class LoopPublishers {
    private typealias Waiting = (request: PublishRequest, answer: NIOLoopBound<any PostponedAnswer>)

    private let bridge: Bridge
    private let eventLoop: any EventLoop
    private let answers: PublishAnswers
    private var waiting: [Waiting] = []

    init(bridge: Bridge, eventLoop: any EventLoop) {
        self.bridge = bridge
        self.eventLoop = eventLoop
        self.answers = PublishAnswers(eventLoop: eventLoop, epoch: bridge.epoch)
    }

    func publish(_ request: PublishRequest, on exchange: any Exchange) {
        if self.waiting.isEmpty {
            let publishers = NIOLoopBound(self, eventLoop: self.eventLoop)
            self.eventLoop.execute { publishers.value.handOver() }
        }
        self.waiting.append((request, NIOLoopBound(exchange.postpone(), eventLoop: self.eventLoop)))
    }

    private func handOver() {
        let waiting = self.waiting
        self.waiting = []
        for (request, answer) in waiting {
            self.bridge.publish(request.publication) { [answers] in answers.give($0, to: request, answer) }
        }
    }
}

@available(*, unavailable)
extension LoopPublishers: Sendable {}
