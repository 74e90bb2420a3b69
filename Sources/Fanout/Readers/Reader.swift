package import Channels
package import NIOCore

/// One subscription: channels, a cursor and an outlet. Owner: its event loop.
///
/// A reader at the head is given what is new by its feed. One that is behind, because it came back with an old cursor or
/// its connection is slow, reads on from the log at its own pace, and from the ledger where the log does not reach; it
/// holds nothing but its cursor.
package final class Reader {
    private enum State {
        /// May read on at once.
        case behind
        /// Waits for the ledger.
        case reading
        /// Waits for the outlet to take what was written.
        case blocked
        /// Has everything; the feed has it among its readers.
        case atHead
        case ended
    }

    private let feed: Feed
    private let eventLoop: any EventLoop
    private let outlet: any ReaderOutlet
    private var state = State.behind
    private var cursor = Position.zero
    private var hasBegun = false
    private var isResuming = false
    /// Its place in the feed; kept by the feed.
    var slot = -1

    package init(feed: Feed, eventLoop: any EventLoop, outlet: any ReaderOutlet) {
        self.feed = feed
        self.eventLoop = eventLoop
        self.outlet = outlet
        feed.retain()
    }

    private var bridge: Bridge { self.feed.bridge }

    /// Whether the reader has everything, and waits for more.
    package var isAtHead: Bool { if case .atHead = self.state { true } else { false } }

    // MARK: Beginning

    package func begin(_ start: ReadStart) {
        switch start {
        case .now: self.begin(after: self.bridge.head)
        case .earliest: self.readLedger(.earliest)
        case .last(let count): self.readLedger(.last(count))
        case .after(let cursor): self.begin(after: cursor)
        }
    }

    private func begin(after cursor: Cursor) {
        do throws(Gap.Reason) {
            let position = try cursor.position(in: self.bridge.epoch, head: self.bridge.head)
            if self.feed.reaches(back: position) {
                self.begin(after: position)
            } else {
                self.cursor = position
                self.readLedger(.after(position))
            }
        } catch {
            self.readLedger(.earliest, gap: (error, cursor.text))
        }
    }

    private func begin(after position: Position) {
        self.cursor = position
        self.hasBegun = true
        self.note(self.outlet.begin(after: self.bridge.id(position), gap: nil))
        self.resume()
    }

    // MARK: Reading

    /// Goes on reading until all is read, or the connection takes no more.
    ///
    /// A loop, not a recursion, also where the ledger answers at once: a history may have many pages.
    func resume() {
        guard !self.isResuming else { return }
        self.isResuming = true
        defer { self.isResuming = false }
        while case .behind = self.state {
            guard self.feed.mayResume(self) else { return }
            self.feed.advance()
            if self.cursor >= self.feed.position {
                self.waitForMore()
            } else if !self.feed.catchUp.mayReadOn(self) {
                return
            } else if let batch = self.feed.batch(after: self.cursor) {
                self.deliver(batch)
            } else {
                self.readLedger(.after(self.cursor))
            }
        }
    }

    private func waitForMore() {
        self.note(self.outlet.caughtUp(at: self.bridge.id(self.cursor)))
        guard case .behind = self.state else { return }
        self.state = .atHead
        self.feed.join(self)
    }

    /// What is new, for a reader at the head.
    func receive(_ batch: Batch, isLast: Bool) {
        guard self.isAtHead else { return }
        self.cursor = batch.through
        self.note(self.outlet.deliver(batch, isLast: isLast))
    }

    /// The feed could not give all that is new.
    func fellBehind() {
        guard self.isAtHead else { return }
        self.state = .behind
        self.resume()
    }

    private func deliver(_ batch: Batch) {
        self.cursor = batch.through
        guard !batch.events.isEmpty else { return }
        self.note(self.outlet.deliver(batch, isLast: batch.through >= self.bridge.head))
    }

    private func note(_ delivery: Delivery) {
        switch delivery {
        case .ready: break
        case .blocked: if !self.isEnded { self.state = .blocked }  // The client may have gone meanwhile.
        case .ended: self.finish()
        }
    }

    private func finish() {
        guard !self.isEnded else { return }
        self.state = .ended
        self.feed.release()
    }

    // MARK: The ledger

    private typealias AskedFor = (reason: Gap.Reason, text: [UInt8])

    private func readLedger(_ start: ReadQuery.Start, gap: AskedFor? = nil) {
        self.state = .reading
        self.feed.catchUp.read {
            guard case .reading = self.state else { return self.feed.catchUp.readEnded() }
            let reader = NIOLoopBound(self, eventLoop: self.eventLoop)
            let query = ReadQuery(self.feed.selection, start: start, limit: Feed.batchLimit)
            self.bridge.read(query) { [eventLoop = self.eventLoop] result in
                eventLoop.run { reader.value.received(result, gap: gap) }
            }
        }
    }

    private func received(_ result: Result<Page, LedgerError>, gap: AskedFor?) {
        self.feed.catchUp.readEnded()
        guard case .reading = self.state else { return }
        self.state = .behind
        switch result {
        case .failure(let error):
            self.finish()
            self.outlet.fail(error)
        case .success(let page):
            let trimmed = page.isTrimmed ? (reason: Gap.Reason.trimmed, text: self.bridge.id(page.after).bytes) : nil
            self.take(page, gap: (gap ?? trimmed).map { self.gap($0, before: page) })
            self.resume()
        }
    }

    private func gap(_ askedFor: AskedFor, before page: Page) -> Gap {
        let resumedAt = page.events.first.map { self.bridge.id($0.position) }
        return Gap(reason: askedFor.reason, after: askedFor.text, resumedAt: resumedAt)
    }

    private func take(_ page: Page, gap: Gap?) {
        if !self.hasBegun {
            self.hasBegun = true
            self.note(self.outlet.begin(after: self.bridge.id(page.after), gap: gap))
        } else if let gap {
            self.note(self.outlet.report(gap))
        }
        self.cursor = page.through
        if !self.isEnded { self.deliver(Batch(page, epoch: self.bridge.epoch)) }
    }

    private var isEnded: Bool { if case .ended = self.state { true } else { false } }

    // MARK: What its outlet says

    /// Where the reader is: everything up to here was delivered, or does not concern it.
    package var id: EventID {
        self.bridge.id(self.isAtHead ? max(self.cursor, self.feed.position) : self.cursor)
    }

    /// What was written can go on.
    package func writable() {
        guard case .blocked = self.state else { return }
        self.state = .behind
        self.resume()
    }

    /// The outlet has written something by itself, to a reader at the head.
    package func wrote(_ delivery: Delivery) {
        if case .ready = delivery { return }
        self.feed.leave(self)
        self.note(delivery)
    }

    /// Nothing more can be delivered, or is to be.
    package func leave() {
        if self.isAtHead { self.feed.leave(self) }
        self.finish()
    }
}

@available(*, unavailable)
extension Reader: Sendable {}
