import NIOCore

/// Does something once, later in the current turn of an event loop, however often it is asked for. Owner: the event
/// loop.
final class OncePerTurn {
    private let loop: any EventLoop
    private let action: () -> Void
    private var isRequested = false

    init(_ loop: any EventLoop, _ action: @escaping () -> Void) {
        self.loop = loop
        self.action = action
    }

    func request() {
        guard !self.isRequested else { return }
        self.isRequested = true
        self.loop.execute(with: self) {
            $0.isRequested = false
            $0.action()
        }
    }
}

@available(*, unavailable)
extension OncePerTurn: Sendable {}

extension EventLoop {
    /// Does something later on this loop, with a value that belongs to it. To be called on the loop.
    func execute<Value>(with value: Value, _ body: @escaping @Sendable (Value) -> Void) {
        let bound = NIOLoopBound(value, eventLoop: self)
        self.execute { body(bound.value) }
    }
}
