import Foundation
import Synchronization

/// Requests to others, by libcurl on one thread of its own, which begins with the first of them.
///
/// Only `http` and `https` are spoken. No redirect is followed, no cookie kept, no proxy of the environment asked, no user's
/// `.netrc` read, and certificates are verified. Connections are used again. It must be shut down before it is let go.
public final class Outbound: Sendable {
    public struct Configuration: Sendable {
        /// The most requests under way; default 128.
        public var concurrency = 128
        /// The most that wait for their turn beside them; default 1,024.
        public var queueLength = 1_024
        /// The most bytes of an answer's head; default 64 KiB.
        public var headSize = 64 << 10
        /// A file of certificates, as PEM, that are trusted in place of the system's; default `nil`.
        public var authorities: String?
        /// The field `User-Agent`; default `Pollux`.
        public var userAgent = "Pollux"

        public init() {}
    }

    public typealias Completion = @Sendable (Result<OutboundResponse, OutboundError>) -> Void

    struct Job: Sendable {
        let request: OutboundRequest
        let deadline: ContinuousClock.Instant
        let completion: Completion
    }

    private enum Phase {
        case idle
        /// Driven by a thread.
        case running(Multi)
        case ended
    }

    private struct State {
        var phase = Phase.idle
        var queue: RequestQueue<Job>
        /// Those who wait for the end.
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let configuration: Configuration
    private let state: Mutex<State>

    public init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
        self.state = Mutex(
            State(queue: RequestQueue(concurrency: configuration.concurrency, length: configuration.queueLength)))
    }

    /// Asks somebody.
    ///
    /// - Parameter completion: Called once: by the thread of all requests, which it must not hold up; or before this returns, where the request
    ///   is not taken at all.
    /// - Returns: By which the request can be called off.
    @discardableResult
    public func send(_ request: OutboundRequest, _ completion: @escaping Completion) -> OutboundCall {
        let job = Job(request: request, deadline: .now + request.timeout, completion: completion)
        let submission = self.state.withLock { state -> RequestQueue<Job>.Submission in
            do throws(OutboundError) {
                let multi = try self.multi(&state)
                defer { multi?.wakeUp() }
                return state.queue.submit(job, until: job.deadline)
            } catch { return .refused(error) }
        }
        switch submission {
        case .taken(let id): return OutboundCall { [weak self] in self?.cancel(id) }
        case .refused(let error):
            completion(.failure(error))
            return OutboundCall {}
        }
    }

    private func multi(_ state: inout State) throws(OutboundError) -> Multi? {
        switch state.phase {
        case .idle:
            let multi = try Multi(connections: self.configuration.concurrency)
            state.phase = .running(multi)
            let thread = Thread { self.drive(multi) }
            thread.name = "outbound"
            thread.start()
            return multi
        case .running(let multi): return multi
        case .ended: return nil
        }
    }

    private func cancel(_ id: UInt64) {
        self.state.withLock { state in
            state.queue.cancel(id)
            if case .running(let multi) = state.phase { multi.wakeUp() }
        }
    }

    /// Ends all requests with ``OutboundError/shutDown``; returns when each completion has returned and the thread is gone.
    public func shutdown() async {
        await withCheckedContinuation { continuation in
            let isOver = self.state.withLock { state in
                state.queue.close()
                guard case .running(let multi) = state.phase else {
                    state.phase = .ended
                    return true
                }
                state.waiters.append(continuation)
                multi.wakeUp()
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    // MARK: On its thread

    private func drive(_ multi: Multi) {
        let transfers = Transfers(multi, self.configuration)
        var isLast = false
        while !isLast {
            let turn = self.state.withLock { $0.queue.turn(at: .now) }
            transfers.carryOut(turn)
            isLast = turn.isLast
            let finished = transfers.perform()
            self.state.withLock { state in for id in finished { state.queue.finish(id) } }
            // Where some have finished, others may begin.
            if finished.isEmpty, !isLast { multi.wait(milliseconds: self.patience) }
        }
        let waiters = self.state.withLock { state in
            state.phase = .ended
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// How long nothing has to be done but what libcurl knows of.
    private var patience: CInt {
        guard let deadline = self.state.withLock({ $0.queue.nextDeadline }) else { return 60_000 }
        return CInt(min(max(1, ContinuousClock.now.duration(to: deadline).wholeMilliseconds + 1), 60_000))
    }
}

/// A request that was handed over.
public struct OutboundCall: Sendable {
    private let callOff: @Sendable () -> Void

    init(callOff: @escaping @Sendable () -> Void) {
        self.callOff = callOff
    }

    /// Nobody wants it any more: it ends with ``OutboundError/cancelled``, unless it has ended.
    public func cancel() { self.callOff() }
}
