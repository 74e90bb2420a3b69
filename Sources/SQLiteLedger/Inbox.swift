import Channels
import Synchronization

/// What a ledger is asked to write.
enum Work: Sendable {
    case append(Publication, @Sendable (Result<PublishOutcome, LedgerError>) -> Void)
    case drop(ChannelName, @Sendable (Result<Void, LedgerError>) -> Void)
    case probe(@Sendable (Result<Void, LedgerError>) -> Void)
    /// A step of dropping what has become too old or too much; asks for at most so many more.
    case sweep(moreSteps: Int)

    /// Answers that it was not done.
    func fail(_ error: LedgerError) {
        switch self {
        case .append(_, let completion): completion(.failure(error))
        case .drop(_, let completion), .probe(let completion): completion(.failure(error))
        case .sweep: break
        }
    }

    /// About how many bytes are held while it waits.
    fileprivate var size: Int {
        guard case .append(let publication, _) = self else { return 100 }
        return publication.drafts.reduce(200) { $0 + $1.data.count + 100 }
    }
}

/// What waits for the writer: all of it is committed together. Any thread may put something in.
final class Inbox: Sendable {
    private struct State {
        var works: [Work] = []
        var size = 0
        var isAwake = false
        var isClosed = false
    }

    /// The most bytes that wait; what comes beyond is refused. It fills only while the disk hangs.
    static let limit = 64 << 20
    /// The most works that are committed together.
    private static let groupLimit = 4_096

    private let state = Mutex(State())

    enum OnPut {
        /// The writer takes it when it is done with what it has.
        case none
        /// The writer has nothing to do and must be woken.
        case wake
        case refuse(LedgerError)
    }

    func put(_ work: Work) -> OnPut {
        let size = work.size
        return self.state.withLock { state in
            guard !state.isClosed else { return .refuse(.unavailable("the ledger is closed")) }
            guard state.size + size <= Self.limit || state.works.isEmpty else {
                return .refuse(.unavailable("its disk is too slow: \(Self.limit >> 20) MB wait to be written"))
            }
            state.works.append(work)
            state.size += size
            defer { state.isAwake = true }
            return state.isAwake ? .none : .wake
        }
    }

    /// Takes what waits; nothing means that the writer must be woken for the next one.
    func take() -> [Work] {
        self.state.withLock { state in
            guard state.works.count > Self.groupLimit else {
                defer { state.works = [] }
                state.size = 0
                state.isAwake = !state.works.isEmpty
                return state.works
            }
            let group = Array(state.works.prefix(Self.groupLimit))
            state.works.removeFirst(group.count)
            state.size -= group.reduce(0) { $0 + $1.size }
            return group
        }
    }

    var isEmpty: Bool { self.state.withLock { $0.works.isEmpty } }

    /// Lets nothing more in.
    func close() {
        self.state.withLock { $0.isClosed = true }
    }
}
