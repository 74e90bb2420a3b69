import Dispatch
import Foundation
import GRDB

/// A thread that one connection belongs to for as long as it lives.
///
/// A dispatch queue would take another thread for each piece of work that comes after a pause, and with it another core and
/// cold caches: a commit took four times as long.
final class ConnectionThread: Sendable {
    private let ended = DispatchGroup()

    /// - Parameters:
    ///   - body: Called once, on the thread; may do anything with the connection until it returns.
    ///   - end: Called behind it, when the connection is closed.
    init(
        _ name: String, _ queue: DatabaseQueue, _ body: @escaping @Sendable (Database) -> Void,
        end: @escaping @Sendable () -> Void = {}
    ) {
        self.ended.enter()
        let thread = Thread { [ended] in
            queue.writeWithoutTransaction { body($0) }
            try? queue.close()
            end()
            ended.leave()
        }
        thread.name = name
        thread.start()
    }

    /// Waits until the body has returned.
    func join() {
        self.ended.wait()
    }
}
