import Channels
import NIOCore

/// The feeds of one event loop. Owner: that event loop.
///
/// Publishers mark the logs that have grown and wake the loop once; the loop then gives each feed of those logs the turn.
/// What is published meanwhile becomes the next turn's batch.
final class LoopReaders {
    /// How often feeds that nobody reads are looked for. One is let go at the second look.
    static let restInterval = TimeAmount.seconds(10)

    let eventLoop: any EventLoop
    let bridge: Bridge
    private var feeds: [Selection: Feed] = [:]
    private var feedsOfLog: [ObjectIdentifier: [Feed]] = [:]
    private var wakeup: Wakeup?
    private let catchUp: CatchUp
    /// Up to which group of this loop's publications a delivery waits, so that it has all of them; `nil` if none is due.
    private var awaited: Int?
    private var lastGroup = 0
    private var settledGroup = 0

    init(bridge: Bridge, eventLoop: any EventLoop) {
        self.bridge = bridge
        self.eventLoop = eventLoop
        self.catchUp = CatchUp(eventLoop: eventLoop)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        self.wakeup = Wakeup { eventLoop.execute { bound.value.woken() } }
        eventLoop.scheduleRepeatedTask(initialDelay: Self.restInterval, delay: Self.restInterval) { _ in
            bound.value.rest()
        }
    }

    func feed(of selection: Selection) -> Feed {
        if let feed = self.feeds[selection] { return feed }
        let logs = self.wakeup.map { wakeup in selection.channels.map { self.bridge.attach(wakeup, to: $0) } } ?? []
        let feed = Feed(selection: selection, bridge: self.bridge, logs: logs, catchUp: self.catchUp)
        self.feeds[selection] = feed
        for log in logs { self.feedsOfLog[ObjectIdentifier(log), default: []].append(feed) }
        return feed
    }

    // MARK: Deliveries

    /// Some logs have grown. While the ledger is at work for this loop's own publishers, what it has now is delivered
    /// together with that.
    private func woken() {
        if self.settledGroup == self.lastGroup {
            self.advance()
        } else if self.awaited == nil {
            self.awaited = self.lastGroup
        }
    }

    /// A group of publications has gone to the ledger.
    func groupBegan() {
        self.lastGroup += 1
    }

    /// The next group has been committed, or refused.
    func groupSettled() {
        self.settledGroup += 1
        guard let awaited = self.awaited, self.settledGroup >= awaited else { return }
        self.awaited = nil
        // Behind the answers of the group: who publishes prepares what comes next while this is delivered.
        let readers = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.eventLoop.execute { readers.value.advance() }
    }

    private func advance() {
        for log in self.wakeup?.take() ?? [] {
            for feed in self.feedsOfLog[ObjectIdentifier(log)] ?? [] { feed.advance() }
        }
    }

    private func rest() {
        for (selection, feed) in self.feeds where feed.rest() {
            self.feeds[selection] = nil
            for log in feed.logs { self.remove(feed, from: log) }
        }
    }

    private func remove(_ feed: Feed, from log: ChannelLog) {
        let rest = self.feedsOfLog[ObjectIdentifier(log)]?.filter { $0 !== feed } ?? []
        self.feedsOfLog[ObjectIdentifier(log)] = rest.isEmpty ? nil : rest
        if let wakeup = self.wakeup { self.bridge.detach(wakeup, from: log) }
    }
}

@available(*, unavailable)
extension LoopReaders: Sendable {}
