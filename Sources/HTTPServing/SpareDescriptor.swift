import NIOCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file descriptor that is kept for the moment when the process may have no more: given up then, it lets one connection
/// in, which is told that the server is full. Without it clients would wait unanswered until others go.
final class SpareDescriptor: Sendable {
    private enum State {
        case kept(CInt)
        /// Given up, so that a connection may have it.
        case lent
        /// A connection has it, or nobody, and it could not be opened again.
        case gone
    }

    private let state: Mutex<State>

    init() {
        self.state = Mutex(Self.open().map { .kept($0) } ?? .gone)
    }

    deinit {
        if case .kept(let descriptor) = self.state.withLock({ $0 }) { close(descriptor) }
    }

    /// Gives it up for the next connection. Returns whether there was one to give up.
    func lend() -> Bool {
        self.state.withLock { state in
            guard case .kept(let descriptor) = state else { return false }
            close(descriptor)
            state = .lent
            return true
        }
    }

    /// Whether the next connection is the one that it was given up for.
    var isLent: Bool { self.state.withLock { if case .lent = $0 { true } else { false } } }

    /// A connection has come. Returns whether it is the one that the descriptor was given up for; its end is then to be told by
    /// ``reclaim()``.
    func takeLent() -> Bool {
        self.state.withLock { state in
            guard case .lent = state else { return false }
            state = .gone
            return true
        }
    }

    /// Opens it again, if that can be done now and it is not kept already.
    func reclaim() {
        self.state.withLock { state in
            if case .kept = state { return }
            state = Self.open().map { .kept($0) } ?? .gone
        }
    }

    private static func open() -> CInt? {
        let descriptor = Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
        return descriptor >= 0 ? descriptor : nil
    }
}
