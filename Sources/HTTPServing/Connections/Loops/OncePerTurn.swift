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
        let bound = NIOLoopBound(self, eventLoop: self.loop)
        self.loop.execute { bound.value.perform() }
    }

    private func perform() {
        self.isRequested = false
        self.action()
    }
}

@available(*, unavailable)
extension OncePerTurn: Sendable {}
