import Glibc
import Synchronization

/// File descriptors that are held for the moment when few are left, and given up then.
///
/// A process without a single free descriptor is not only deaf to new clients. It cannot open a file, and libdispatch,
/// on which Swift's tasks run, ends the process if it cannot look at its own threads under `/proc`. So the last
/// descriptors are never given to connections: what is given up here is what all the rest works with until connections
/// have ended.
final class DescriptorReserve: Sendable {
    private enum State {
        case held([CInt])
        case released
    }

    /// How many are held.
    private static let size = 32
    /// So few must be left that the reserve is given up, and so many must be left beside it when it is taken back.
    private static let least = 8
    /// How many clients are refused at a time with what was given up.
    private static let mostRefusals = 20

    private let state: Mutex<State>
    /// How many connections have come, and not gone, since the reserve was given up.
    private let refusals = Atomic<Int>(0)

    init() {
        self.state = Mutex(.held(Self.open(Self.size) ?? []))
    }

    deinit {
        if case .held(let descriptors) = self.state.withLock({ $0 }) { Self.close(descriptors) }
    }

    /// Whether it was given up: connections that come are refused.
    var isReleased: Bool { self.state.withLock { if case .released = $0 { true } else { false } } }

    /// Whether so few are left that the reserve should be given up. The system gives the lowest number that is free, so
    /// that number tells.
    var isScarce: Bool {
        guard let probe = Self.open(1) else { return errno == EMFILE || errno == ENFILE }
        Self.close(probe)
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return false }
        return Int(probe[0]) >= Int(clamping: limit.rlim_cur) - Self.least
    }

    func release() {
        self.state.withLock { state in
            if case .held(let descriptors) = state { Self.close(descriptors) }
            state = .released
        }
    }

    /// Takes it back, if at least as many again are left then.
    ///
    /// - Returns: Whether it is held.
    func reclaim() -> Bool {
        self.state.withLock { state in
            guard case .released = state else { return true }
            guard !self.isScarce, let descriptors = Self.open(Self.size + Self.least) else { return false }
            Self.close(Array(descriptors.dropFirst(Self.size)))
            state = .held(Array(descriptors.prefix(Self.size)))
            return true
        }
    }

    // MARK: Those who are refused

    /// How many more may be let in to be refused.
    var refusalsLeft: Int { max(0, Self.mostRefusals - self.refusals.load(ordering: .relaxed)) }

    func refusalBegan() { self.refusals.add(1, ordering: .relaxed) }

    func refusalEnded() { self.refusals.subtract(1, ordering: .relaxed) }

    // MARK: Descriptors

    /// So many descriptors, or none.
    private static func open(_ count: Int) -> [CInt]? {
        var descriptors: [CInt] = []
        while descriptors.count < count {
            // Of a socket that is connected to nothing, since it needs no file that might be missing.
            let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else {
                let code = errno
                self.close(descriptors)
                errno = code
                return nil
            }
            descriptors.append(descriptor)
        }
        return descriptors
    }

    private static func close(_ descriptors: [CInt]) {
        for descriptor in descriptors { Glibc.close(descriptor) }
    }
}
