import Channels
import HTTPServing
import NIOCore
import Synchronization

/// Brings what the ledger has to say to the publishers of one event loop. However much that is at once, the loop is woken
/// once for it.
final class PublishAnswers: Sendable {
    private struct Letter: Sendable {
        let result: Result<PublishOutcome, LedgerError>
        let request: PublishRequest
        let answer: NIOLoopBound<any PostponedAnswer>
    }

    private let eventLoop: any EventLoop
    private let epoch: Epoch
    private let arrived = Mutex<[Letter]>([])

    init(eventLoop: any EventLoop, epoch: Epoch) {
        self.eventLoop = eventLoop
        self.epoch = epoch
    }

    /// Answers a request. May be called from any thread; on the loop itself it answers at once.
    func give(
        _ result: Result<PublishOutcome, LedgerError>, to request: PublishRequest,
        _ answer: NIOLoopBound<any PostponedAnswer>
    ) {
        let letter = Letter(result: result, request: request, answer: answer)
        if self.eventLoop.inEventLoop { return self.deliver(letter) }
        let isFirst = self.arrived.withLock { arrived in
            defer { arrived.append(letter) }
            return arrived.isEmpty
        }
        if isFirst { self.eventLoop.execute { self.deliverAll() } }
    }

    private func deliverAll() {
        let letters = self.arrived.withLock { arrived in
            defer { arrived = [] }
            return arrived
        }
        for letter in letters { self.deliver(letter) }
    }

    private func deliver(_ letter: Letter) {
        letter.answer.value.respond(PublishAnswer.response(letter.result, to: letter.request, epoch: self.epoch))
    }
}
