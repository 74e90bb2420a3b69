package import NIOCore

extension EventLoop {
    /// Does something on the loop: at once when called on it, otherwise soon.
    package func run(_ body: @escaping @Sendable () -> Void) {
        if self.inEventLoop { body() } else { self.execute(body) }
    }
}
