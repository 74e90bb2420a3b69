import Channels
import Dispatch
import Synchronization

/// What a ledger is asked to write.
enum Work: Sendable {
    case append([Publication], @Sendable ([Result<PublishOutcome, LedgerError>]) -> Void)
    case drop(ChannelName, @Sendable (Result<Void, LedgerError>) -> Void)
    case write([RecordChange], @Sendable (Result<Void, LedgerError>) -> Void)
    case probe(@Sendable (Result<Void, LedgerError>) -> Void)
    /// A step of dropping what has become too old or too much; asks for at most so many more.
    case sweep(moreSteps: Int)

    /// Answers that it was not done.
    func fail(_ error: LedgerError) {
        switch self {
        case .append(let publications, let completion): completion(publications.map { _ in .failure(error) })
        case .drop(_, let completion), .write(_, let completion), .probe(let completion): completion(.failure(error))
        case .sweep: break
        }
    }

    var isSweep: Bool { if case .sweep = self { true } else { false } }

    /// About how many bytes are held while it waits.
    fileprivate var size: Int {
        switch self {
        case .append(let publications, _):
            publications.reduce(0) { sum, publication in
                publication.drafts.reduce(sum + 200 + Self.size(of: publication.records)) { $0 + $1.size + 100 }
            }
        case .write(let changes, _): 100 + Self.size(of: changes)
        case .drop, .probe, .sweep: 100
        }
    }

    private static func size(of changes: [RecordChange]) -> Int {
        changes.reduce(0) { sum, change in
            if case .put(let record) = change { sum + record.bytes.count + 400 } else { sum + 400 }
        }
    }
}

/// What waits for the writer: all of it is committed together. Any thread may put something in.
final class Inbox: Sendable {
    private struct State {
        var works: [Work] = []
        var size = 0
        /// Whether the writer waits for something to come.
        var isAwaited = false
        var isClosed = false
    }

    /// The most bytes that wait; what comes beyond is refused. It fills only while the disk hangs.
    private static let limit = 64 << 20
    /// The most works that are committed together.
    private static let groupLimit = 4_096

    private let state = Mutex(State())
    private let arrived = DispatchSemaphore(value: 0)

    /// Takes a piece of work, or answers it that it is not taken.
    func put(_ work: Work) {
        let size = work.size
        let refusal: LedgerError? = self.state.withLock { state in
            guard !state.isClosed else { return .closed }
            guard state.size + size <= Self.limit || state.works.isEmpty || work.isSweep else {
                return LedgerError(.busy, "its disk is too slow: \(Self.limit >> 20) MB wait to be written")
            }
            state.works.append(work)
            state.size += size
            self.wakeWriter(&state)
            return nil
        }
        if let refusal { work.fail(refusal) }
    }

    /// Takes what waits, or waits for something; nothing means that it is closed and empty.
    func take() -> [Work] {
        while true {
            if let works = self.state.withLock({ Self.group(&$0) }) { return works }
            self.arrived.wait()
        }
    }

    /// Lets nothing more in.
    func close() {
        self.state.withLock { state in
            state.isClosed = true
            self.wakeWriter(&state)
        }
    }

    private func wakeWriter(_ state: inout State) {
        guard state.isAwaited else { return }
        state.isAwaited = false
        self.arrived.signal()
    }

    private static func group(_ state: inout State) -> [Work]? {
        guard !state.works.isEmpty || state.isClosed else {
            state.isAwaited = true
            return nil
        }
        let rest = Array(state.works.dropFirst(Self.groupLimit))
        let group = rest.isEmpty ? state.works : Array(state.works.prefix(Self.groupLimit))
        state.works = rest
        state.size = rest.reduce(0) { $0 + $1.size }
        return group
    }
}
