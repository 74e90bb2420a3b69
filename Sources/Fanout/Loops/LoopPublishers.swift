package import Channels
import NIOCore

/// The publishers of one event loop. Owner: that event loop.
///
/// What they send in one turn of the loop goes to the ledger together, is committed together, and answered together. While
/// the ledger has enough to do for this loop, what comes is gathered, as small segments are until the last one is
/// acknowledged (RFC 896): the busier it is, the more is committed at once, and without load nothing waits.
package final class LoopPublishers {
    /// Given what has become of a publication, and the life that its positions are of.
    package typealias Completion = (Result<PublishOutcome, LedgerError>, Life) -> Void

    /// Who waits for what becomes of a publication. A list of bare closures would wrap each of them once more.
    private struct Publisher {
        let completion: Completion
    }

    /// How many groups are enough for the ledger: one that it commits, and one that it finds when it has done so.
    private static let groupLimit = 2
    /// How many events are enough for a commit of their own, whatever else is under way.
    private static let groupSize = 16

    private let bridge: Bridge
    private let eventLoop: any EventLoop
    private let readers: LoopReaders
    /// What has not gone to the ledger yet, for each who waits for it, and how many events it has.
    private var publications: [Publication] = []
    private var publishers: [Publisher] = []
    private var gatheredEvents = 0
    private var willHandOver = false

    package init(_ readers: LoopReaders) {
        self.bridge = readers.bridge
        self.eventLoop = readers.eventLoop
        self.readers = readers
    }

    /// Appends events; the completion is called on the loop once they are kept, or once they are refused.
    package func publish(_ publication: Publication, completion: @escaping Completion) {
        self.publications.append(publication)
        self.publishers.append(Publisher(completion: completion))
        self.gatheredEvents += publication.drafts.count
        if self.gatheredEvents >= Self.groupSize {
            self.handOver()
        } else if self.readers.turn.groups < Self.groupLimit {
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
        guard !self.publications.isEmpty else { return }
        let publications = self.publications
        let owner = NIOLoopBound(self, eventLoop: self.eventLoop)
        let group = NIOLoopBound(self.publishers, eventLoop: self.eventLoop)
        self.publications = []
        self.publishers = []
        self.gatheredEvents = 0
        self.readers.turn.groupBegan()
        self.bridge.publish(publications) { [eventLoop] results, life in
            eventLoop.run { owner.value.settle(group.value, results, life) }
        }
    }

    private func settle(_ group: [Publisher], _ results: [Result<PublishOutcome, LedgerError>], _ life: Life) {
        let isDeliveryDue = self.readers.turn.groupSettled()
        if self.readers.turn.groups < Self.groupLimit { self.handOver() }
        for (publisher, result) in zip(group, results) { publisher.completion(result, life) }
        // After the answers: their publishers prepare what comes next while this is delivered.
        if isDeliveryDue { self.readers.deliverSoon() }
    }
}

@available(*, unavailable)
extension LoopPublishers: Sendable {}
