import NIOCore

/// The publisher, seen from outside its loop.
struct RemotePublisher: Sendable {
    private let publisher: NIOLoopBound<PublisherConnections>
    private let loop: any EventLoop

    init(_ workload: Workload, of run: RunClock, dialer: Dialer, on loop: any EventLoop) async throws {
        self.loop = loop
        self.publisher = try await loop.submit {
            NIOLoopBound(PublisherConnections(workload, of: run, dialer: dialer, on: loop), eventLoop: loop)
        }.get()
    }

    /// - Throws: `LoadError.unreachable`.
    func connect() async throws {
        let publisher = self.publisher
        try await self.loop.flatSubmit { publisher.value.connect() }.get()
    }

    func start() async throws {
        let publisher = self.publisher
        try await self.loop.submit { publisher.value.start() }.get()
    }

    /// Connects again if the connection broke, and goes on; `false` if that cannot be done yet.
    func reconnectIfNeeded() async -> Bool {
        let publisher = self.publisher
        do {
            let isConnected = try await self.loop.submit { publisher.value.isConnected }.get()
            guard !isConnected else { return true }
            try await self.connect()
            try await self.start()
            return true
        } catch {
            return false
        }
    }

    func publishing() async throws -> Publishing {
        let publisher = self.publisher
        return try await self.loop.submit { publisher.value.publishing }.get()
    }
}

/// The publisher's connections, one after the other.
private final class PublisherConnections {
    private let workload: Workload
    private let run: RunClock
    private let dialer: Dialer
    private let loop: any EventLoop
    private var handler: PublisherHandler

    init(_ workload: Workload, of run: RunClock, dialer: Dialer, on loop: any EventLoop) {
        self.workload = workload
        self.run = run
        self.dialer = dialer
        self.loop = loop
        self.handler = PublisherHandler(workload, Publishing(workload), of: run)
    }

    var publishing: Publishing { self.handler.publishing }
    var isConnected: Bool { self.handler.isConnected }

    func connect() -> EventLoopFuture<Void> {
        let handler = PublisherHandler(self.workload, self.handler.publishing, of: self.run)
        self.handler = handler
        return self.dialer.dial(self.workload.readers, on: self.loop, .http1) { [handler] }
            .map { _ in }
            .flatMapErrorThrowing { throw LoadError.unreachable(Dialer.reason($0)) }
    }

    func start() {
        self.handler.start()
    }
}

@available(*, unavailable)
extension PublisherConnections: Sendable {}
