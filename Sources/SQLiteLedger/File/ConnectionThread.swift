import Channels
import Dispatch
import Foundation
import GRDB

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A thread that one connection belongs to for as long as it lives.
///
/// A dispatch queue would take another thread for each piece of work that comes after a pause, and with it another core and
/// cold caches: a commit took four times as long.
final class ConnectionThread: Sendable {
    private let running = DispatchGroup()

    /// What a thread does, handed over to it.
    private final class Task: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// - Parameters:
    ///   - body: Called once, on the thread; may do anything with the connection until it returns.
    ///   - end: Called behind it, when the connection is closed.
    ///   - stackSize: In bytes.
    /// - Throws: ``LedgerError`` when the system has no thread to give; nothing is called then.
    init(
        _ name: String, _ queue: DatabaseQueue, stackSize: Int = 1 << 20,
        _ body: @escaping @Sendable (Database) -> Void, end: @escaping @Sendable () -> Void = {}
    ) throws(LedgerError) {
        let task = Task(name) { [running] in
            queue.writeWithoutTransaction { body($0) }
            try? queue.close()
            end()
            running.leave()
        }
        self.running.enter()
        let code = Self.start(task, stackSize: stackSize)
        guard code == 0 else {
            self.running.leave()
            throw LedgerError(
                .exhausted, "no thread can be started for the ledger; raise the limits of threads and memory",
                cause: String(cString: strerror(code)))
        }
    }

    /// Returns the system's error, or 0.
    private static func start(_ task: Task, stackSize: Int) -> CInt {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, stackSize)
        let argument = Unmanaged.passRetained(task)
        #if canImport(Glibc)
            var thread = pthread_t()
        #else
            var thread: pthread_t?
        #endif
        let code = pthread_create(&thread, &attributes, Self.run, argument.toOpaque())
        if code != 0 { argument.release() }
        return code
    }

    #if canImport(Glibc)
        private typealias Argument = UnsafeMutableRawPointer?
    #else
        private typealias Argument = UnsafeMutableRawPointer
    #endif

    private static let run: @convention(c) (Argument) -> UnsafeMutableRawPointer? = { argument in
        let pointer: UnsafeMutableRawPointer? = argument
        guard let pointer else { return nil }
        let task = Unmanaged<Task>.fromOpaque(pointer).takeRetainedValue()
        Thread.current.name = task.name
        task.body()
        return nil
    }

    /// Waits until the body has returned.
    func join() {
        self.running.wait()
    }

    /// The same, without holding up the caller's thread.
    func ended() async {
        await withCheckedContinuation { continuation in
            self.running.notify(queue: .global()) { continuation.resume() }
        }
    }
}
