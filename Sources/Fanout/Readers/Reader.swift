package import Channels
package import NIOCore

/// One subscription: channels, a position and an outlet. Owner: its event loop.
///
/// A reader at the head is given what is new by its feed. One that is behind, because it came back with an old cursor or
/// its connection is slow, reads on from the log at its own pace, and from the ledger where the log does not reach; it
/// holds nothing but its position.
package final class Reader: FeedReader {
    /// Another one once the ledger has begun another life.
    private(set) var feed: Feed
    private let eventLoop: any EventLoop
    private let outlet: any ReaderOutlet
    /// Its part in a session, where sessions are counted.
    private let membership: Membership?
    private var machine = ReaderStateMachine()
    /// Everything up to here was given to the outlet, or does not concern it.
    private var position = Position.zero
    /// The past life that the reader is in: it is told of the end of that before it reads on; `nil` for the present one.
    private var pastLife: Int?
    var slot = 0

    package init(feed: Feed, eventLoop: any EventLoop, outlet: any ReaderOutlet, membership: Membership? = nil) {
        self.feed = feed
        self.membership = membership
        self.eventLoop = eventLoop
        self.outlet = outlet
        feed.retain()
    }

    private var life: Life { self.feed.life }

    /// The lives that the reader knows of so far.
    private var lineage: Lineage {
        self.pastLife.map { self.life.lineage.upTo(pastLife: $0) } ?? self.life.lineage
    }

    /// Whether the reader has everything, and waits for more.
    package var isAtHead: Bool { self.machine.isAtHead }

    /// Where the reader is: at the head, where its feed is.
    package var id: EventID { self.lineage.id(ofPlace: self.place) }

    /// Nothing, for an outlet that has to answer all the same.
    package var emptyBatch: Batch {
        guard self.pastLife != nil else { return self.feed.emptyBatch(at: self.place) }
        return Batch(self.lineage, after: self.position, events: [], through: self.position)
    }

    private var place: Position { self.isAtHead ? max(self.position, self.feed.position) : self.position }

    // MARK: Beginning

    package func begin(_ start: ReadStart) {
        switch start {
        case .now: self.begin(at: self.life.head)
        case .earliest: self.readLedger(.earliest)
        case .last(let count): self.readLedger(.last(count))
        case .after(let cursor): self.begin(after: cursor)
        }
    }

    private func begin(after cursor: Cursor) {
        do throws(Gap.Reason) {
            let place = try self.life.lineage.place(of: cursor, head: self.life.head)
            if place.pastLife == nil, self.feed.reaches(back: place.position) {
                self.begin(at: place.position)
            } else {
                self.readLedger(from: place, of: cursor)
            }
        } catch {
            self.readLedger(.earliest, without: Gap(reason: error, after: cursor.text, resumedAt: nil))
        }
    }

    private func begin(at position: Position) {
        guard self.machine.began() else { return }
        self.begin(at: position, gap: nil)
        self.feed.mayReadOn(self)
    }

    private func begin(at position: Position, gap: Gap?) {
        self.position = position
        self.wrote(self.outlet.begin(after: self.lineage.id(ofPlace: position), gap: gap))
    }

    // MARK: Reading

    /// Takes the next piece. If that is not all, the feed lets it take another one.
    func readOn() {
        guard self.machine.isBehind else { return }
        if self.life.isOver {
            if self.machine.logsEnded() {
                self.beginAgain(LedgerRead(start: .after(self.position), gap: nil, pastLife: nil))
            }
        } else if self.isAtEndOfPastLife {
            if self.machine.logsEnded() { self.readLedgerBehindPastLife(after: self.id.bytes) }
        } else if self.position >= self.feed.position {
            self.catchUp()
        } else if self.feed.loop.catchUp.hasTime(for: self) {
            if let batch = self.feed.batch(after: self.position) {
                self.deliver(batch)
                self.feed.mayReadOn(self)
            } else if self.machine.logsEnded() {
                self.readLedger(.after(self.position))
            }
        }
    }

    private func catchUp() {
        self.wrote(self.outlet.caughtUp(at: self.life.id(self.position)))
        if self.machine.caughtUp() { self.feed.join(self) }
    }

    private func deliver(_ batch: Batch) {
        self.position = batch.through
        guard !batch.events.isEmpty else { return }
        self.wrote(self.outlet.deliver(batch, isLast: batch.through >= self.life.head))
    }

    // MARK: At the head

    /// What is new, for a reader at the head. Returns whether it stays there.
    func receive(_ batch: Batch, isLast: Bool) -> Bool {
        guard self.isAtHead else { return false }
        self.position = batch.through
        self.wrote(self.outlet.deliver(batch, isLast: isLast))
        return self.isAtHead
    }

    /// The feed could not give everything that is new.
    func fellBehind() {
        if self.machine.fellBehind() { self.feed.mayReadOn(self) }
    }

    // MARK: The ledger

    /// - Parameters:
    ///   - gap: What the client asked for and cannot be given, wherever the page begins.
    ///   - pastLife: The life that the reader is in where the page begins.
    private func readLedger(_ start: ReadQuery.Start, without gap: Gap? = nil, in pastLife: Int? = nil) {
        self.feed.loop.catchUp.read(LedgerRead(start: start, gap: gap, pastLife: pastLife), for: self)
    }

    /// Asks the ledger for a page. Returns whether that is still wanted.
    func begin(_ read: LedgerRead) -> Bool {
        guard self.machine.isReading else { return false }
        let reader = NIOLoopBound(self, eventLoop: self.eventLoop)
        let query = ReadQuery(self.feed.key.selection, start: read.start, limit: Feed.batchLimit)
        self.feed.loop.bridge.read(query) { [eventLoop = self.eventLoop] result in
            eventLoop.run { reader.value.ended(read, result) }
        }
        return true
    }

    private func ended(_ read: LedgerRead, _ result: Result<Page, LedgerError>) {
        self.feed.loop.catchUp.readEnded()
        switch result {
        case .success where self.life.isOver:
            // The page may be of either life.
            if self.machine.isReading { self.beginAgain(read) }
        case .success(let page):
            self.take(page, read)
        case .failure(let error):
            guard self.machine.readFailed() else { return }
            self.outlet.fail(error)
            self.release()
        }
    }

    /// Reads in the life that the ledger is in now.
    private func beginAgain(_ read: LedgerRead) {
        let last = self.feed
        // If the client has not been told yet that it is not given what it asked for, then what it asked for.
        let cursor = read.gap.map { Cursor($0.after) } ?? Cursor(self.id.bytes)
        last.release()
        self.feed = last.loop.feed(last.key)
        self.feed.retain()
        self.pastLife = nil
        guard case .after = read.start else { return self.readLedger(read.start, without: read.gap) }
        do throws(Gap.Reason) {
            self.readLedger(from: try self.life.lineage.place(of: cursor, head: self.life.head), of: cursor)
        } catch {
            self.readLedger(.earliest, without: Gap(reason: error, after: cursor.text, resumedAt: nil))
        }
    }

    private func gap(before page: Page, _ read: LedgerRead) -> Gap? {
        let resumedAt = page.events.first.map { self.life.lineage.id(ofEvent: $0.position) }
        if let gap = read.gap { return Gap(reason: gap.reason, after: gap.after, resumedAt: resumedAt) }
        guard page.isTrimmed else { return nil }
        return Gap(reason: .trimmed, after: self.lineage.id(ofPlace: page.after).bytes, resumedAt: resumedAt)
    }

    private func take(_ page: Page, _ read: LedgerRead) {
        let next = self.machine.pageCame()
        if case .none = next { return }
        self.pastLife = read.pastLife
        let page = self.pastLife.map { page.upTo(self.life.lineage.end(ofPastLife: $0)) } ?? page
        let gap = self.gap(before: page, read)
        switch next {
        case .none: return
        case .begin: self.begin(at: page.after, gap: gap)
        case .deliver: if let gap { self.wrote(self.outlet.report(gap, before: self.lineage.id(ofPlace: page.after))) }
        }
        guard !self.machine.isEnded else { return }
        self.deliver(Batch(page, self.lineage))
        self.feed.mayReadOn(self)
    }

    // MARK: What its outlet says

    /// The outlet has written something: what it was given, or something of its own to a reader at the head.
    package func wrote(_ delivery: Delivery) {
        switch self.machine.wrote(delivery) {
        case .none: break
        case .leaveHead: self.feed.leave(self)
        case .end: self.end()
        }
    }

    /// The outlet takes more.
    package func writable() {
        if self.machine.becameWritable() { self.feed.mayReadOn(self) }
    }

    /// Nothing more can be delivered, or is to be.
    package func leave() {
        if self.machine.left() { self.end() }
    }

    private func end() {
        self.feed.leave(self)
        self.release()
    }

    private func release() {
        self.feed.release()
        self.membership?.end()
        self.outlet.ended()
    }
}

// MARK: - Past lives

extension Reader {
    /// Reads from where a cursor stands.
    private func readLedger(from place: Lineage.Place, of cursor: Cursor) {
        self.position = place.position
        self.pastLife = place.pastLife
        if self.isAtEndOfPastLife {
            self.readLedgerBehindPastLife(after: cursor.text)
        } else {
            self.readLedger(.after(place.position), in: place.pastLife)
        }
    }

    private var isAtEndOfPastLife: Bool {
        self.pastLife.map { self.position >= self.life.lineage.end(ofPastLife: $0) } ?? false
    }

    /// The life that the reader is in has ended here, and what it may have had behind that is lost. The reader goes on in the next
    /// one that has any event, or in the present one.
    ///
    /// - Parameter cursor: What the reader has, in that life.
    private func readLedgerBehindPastLife(after cursor: [UInt8]) {
        let next = self.pastLife.flatMap { self.life.lineage.life(behindPastLife: $0) }
        self.readLedger(.after(self.position), without: Gap(reason: .lost, after: cursor, resumedAt: nil), in: next)
    }
}

@available(*, unavailable)
extension Reader: Sendable {}
