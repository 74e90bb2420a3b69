package import Channels
import Synchronization

/// The twin of the ledger in memory to which things happen from outside, as to one that many servers share: others commit, it
/// begins a new life, its store goes away and comes back.
package final class ScriptedLedger: ImmediateLedger {
    fileprivate struct State {
        var life: LedgerState
        var observer: (any LedgerObserver)?
        /// All events of all channels.
        var events: [Event] = []
        /// The position of the last event of each channel that was dropped.
        var dropped: [ChannelName: Position] = [:]
        var loss: LedgerError?
        /// Answers to reads that wait to be given; `nil` while they are given at once.
        var held: [@Sendable () -> Void]?
    }

    package let settings = LedgerSettings()
    private let state: Mutex<State>

    package init(epoch: Epoch = .random()) {
        self.state = Mutex(State(life: LedgerState(epoch: epoch, head: .zero)))
    }

    /// The events that are kept.
    package var events: [Event] { self.state.withLock { $0.events } }

    // MARK: The script

    /// Another server appends.
    package func commitElsewhere(_ publication: Publication) {
        self.state.withLock { _ = $0.append(publication) }
        self.settle()
    }

    /// Another server drops a channel.
    package func dropElsewhere(_ channel: ChannelName) {
        self.state.withLock { $0.drop(channel) }
        self.settle()
    }

    /// Begins another life, in which the newest events never were. Their positions are given again.
    ///
    /// - Parameter remembers: Whether the ledger knows of the lives before.
    package func renew(losing count: Int = 0, remembers: Bool = false, epoch: Epoch = .random()) {
        self.state.withLock { state in
            state.events.removeLast(min(count, state.events.count))
            let head = state.events.last?.position ?? .zero
            let last = PastLife(epoch: state.life.epoch, through: head)
            let past = state.life.past.map { PastLife(epoch: $0.epoch, through: min($0.through, head)) } + [last]
            state.life = LedgerState(epoch: epoch, head: head, past: remembers ? past : [])
            state.observer?.began(state.life)
        }
        self.settle()
    }

    /// The store is out of reach.
    package func lose(_ error: LedgerError = LedgerError(.unavailable, "the store is gone")) {
        self.state.withLock { state in
            state.loss = error
            state.observer?.lost(error)
        }
    }

    /// The store is back.
    package func find() {
        self.state.withLock { state in
            state.loss = nil
            state.observer?.found()
        }
        self.settle()
    }

    /// From now on what is read is on its way until ``deliver()``.
    package func hold() {
        self.state.withLock { $0.held = $0.held ?? [] }
    }

    /// Gives the answers that are on their way, and from now on all at once.
    package func deliver() {
        let held = self.state.withLock { state in
            defer { state.held = nil }
            return state.held ?? []
        }
        for answer in held { answer() }
    }

    private func settle() {
        self.state.withLock { $0.observer }?.settled()
    }

    // MARK: The ledger

    package func open(_ observer: any LedgerObserver) {
        self.state.withLock { state in
            state.observer = observer
            observer.began(state.life)
        }
    }

    package func append(
        _ publications: [Publication],
        completion: @escaping @Sendable ([Result<PublishOutcome, LedgerError>]) -> Void
    ) {
        completion(
            self.state.withLock { state in
                publications.map { publication in
                    state.loss.map { .failure($0) } ?? .success(.appended(state.append(publication)))
                }
            })
    }

    package func read(_ query: ReadQuery, completion: @escaping @Sendable (Result<Page, LedgerError>) -> Void) {
        let answer: (@Sendable () -> Void)? = self.state.withLock { state in
            let result = state.loss.map { .failure($0) } ?? Result<Page, LedgerError>.success(state.page(query))
            let answer: @Sendable () -> Void = { completion(result) }
            guard state.held == nil else {
                state.held?.append(answer)
                return nil
            }
            return answer
        }
        answer?()
    }

    package func drop(
        _ channel: ChannelName, completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void
    ) {
        self.attempt({ $0.drop(channel) }, completion)
    }

    package func write(
        _ changes: [RecordChange], completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void
    ) {
        self.attempt({ _ in }, completion)
    }

    package func records(
        _ query: RecordQuery, completion: @escaping @Sendable (Result<[SmallRecord], LedgerError>) -> Void
    ) {
        completion(.success([]))
    }

    package func probe(completion: @escaping @Sendable (Result<Void, LedgerError>) -> Void) {
        self.attempt({ _ in }, completion)
    }

    private func attempt(_ body: (inout State) -> Void, _ completion: (Result<Void, LedgerError>) -> Void) {
        let loss = self.state.withLock { state in
            if state.loss == nil { body(&state) }
            return state.loss
        }
        completion(loss.map { .failure($0) } ?? .success(()))
    }

    package func sweep() {}

    package func close() {}
}

fileprivate extension ScriptedLedger.State {
    mutating func append(_ publication: Publication) -> Receipt {
        let receipt = Receipt(first: self.life.head.advanced(by: 1), count: publication.drafts.count, time: 0)
        let events = publication.events(receipt, instant: 0, in: publication.channel)
        let others = publication.others.map { publication.events(receipt, instant: 0, in: $0) }
        self.events += events + others.joined()
        self.life = LedgerState(epoch: self.life.epoch, head: receipt.last, past: self.life.past)
        self.observer?.committed(.appended(events, others: others))
        return receipt
    }

    mutating func drop(_ channel: ChannelName) {
        guard let last = self.events.last(where: { $0.channel == channel })?.position else { return }
        self.events.removeAll { $0.channel == channel }
        self.dropped[channel] = last
        self.observer?.committed(.dropped(channel, through: last))
    }

    func page(_ query: ReadQuery) -> Page {
        let channels = query.selection.channels
        let events = channels.map { channel in self.events.filter { $0.channel == channel } }
        let after = query.start.position(head: self.life.head) {
            events.compactMap { $0.first?.position }
        } newest: { count in
            events.flatMap { $0.suffix(count).map(\.position) }
        }
        let slices = events.map { events in
            var builder = SliceBuilder(query.limit)
            for event in events where event.position > after { guard builder.take(event) else { break } }
            return builder.slice
        }
        let isTrimmed = channels.contains { self.dropped[$0] ?? .zero > after }
        return Page(after: after, slices: slices, head: self.life.head, limit: query.limit, isTrimmed: isTrimmed)
    }
}
