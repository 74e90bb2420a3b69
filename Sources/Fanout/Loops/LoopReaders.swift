package import Channels
package import NIOCore

/// The feeds of one event loop. Owner: that event loop.
///
/// Publishers mark the logs that have grown and wake the loop once; the loop then gives each feed of those logs the turn.
/// What is published meanwhile becomes the next turn's batch.
package final class LoopReaders {
    /// How often feeds that nobody reads are looked for. One is let go at the second look.
    private static let unusedInterval = TimeAmount.seconds(10)

    let eventLoop: any EventLoop
    let bridge: Bridge
    /// The ledger's life that the feeds are of.
    private var life: Life
    private var feeds: [FeedKey: Feed] = [:]
    private var feedsOfLog: [ObjectIdentifier: [Feed]] = [:]
    private var wakeup: Wakeup?
    let catchUp: CatchUp
    var turn = LoopTurn()

    package init(bridge: Bridge, eventLoop: any EventLoop) {
        self.bridge = bridge
        self.life = bridge.life
        self.eventLoop = eventLoop
        self.catchUp = CatchUp(eventLoop: eventLoop)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        self.wakeup = Wakeup { eventLoop.execute { bound.value.woken() } }
        eventLoop.scheduleRepeatedTask(initialDelay: Self.unusedInterval, delay: Self.unusedInterval) { _ in
            bound.value.releaseUnused()
        }
    }

    package func feed(of selection: Selection, visibility: Visibility = .all) -> Feed {
        self.feed(FeedKey(selection: selection, visibility: visibility))
    }

    func feed(_ key: FeedKey) -> Feed {
        if self.life.isOver { self.renew() }
        if let feed = self.feeds[key] { return feed }
        let feed = Feed(key, life: self.life, logs: self.attach(key.selection), loop: self)
        self.feeds[key] = feed
        for log in feed.logs { self.feedsOfLog[ObjectIdentifier(log), default: []].append(feed) }
        return feed
    }

    private func attach(_ selection: Selection) -> [ChannelLog] {
        guard let wakeup = self.wakeup else { return [] }
        while true {
            if let logs = self.life.attach(wakeup, to: selection.channels) { return logs }
            self.renew()
        }
    }

    /// Goes on in the life that the ledger is in now. The feeds of the last one let their readers go, who come to feeds of this one.
    private func renew() {
        let ended = self.feeds.values
        self.life = self.bridge.life
        self.feeds = [:]
        self.feedsOfLog = [:]
        for feed in ended { feed.advance() }
    }

    // MARK: Deliveries

    private func woken() {
        if self.turn.logsGrew() { self.deliver() }
    }

    /// Delivers what is new when everything else that the loop has to do now is done.
    func deliverSoon() {
        let readers = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.eventLoop.execute { readers.value.deliver() }
    }

    private func deliver() {
        let logs = self.wakeup?.take() ?? []
        guard !self.life.isOver else { return self.renew() }
        for log in logs {
            for feed in self.feedsOfLog[ObjectIdentifier(log)] ?? [] { feed.advance() }
        }
    }

    private func releaseUnused() {
        for (key, feed) in self.feeds where feed.releaseUnused() {
            self.feeds[key] = nil
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
