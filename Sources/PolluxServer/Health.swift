import Channels
import HTTPServing
import NIOCore
import Synchronization
import Doors
import Fanout

/// What those ask who watch over the server: whether it is there, and whether it can be sent work.
final class Health: Sendable {
    enum Check: Equatable {
        /// Whether the process answers.
        case alive
        /// Whether events could be published now, which is really tried.
        case ready

        /// - Parameter path: As it was sent; `nil` for one that asks for neither.
        init?(path: [UInt8]) {
            switch path {
            case Self.alivePath: self = .alive
            case Self.readyPath: self = .ready
            default: return nil
            }
        }

        private static let alivePath = Array("/healthz".utf8)
        private static let readyPath = Array("/readyz".utf8)
    }

    private let bridge: Bridge
    private let credentials: [TLSCredentials]
    /// Whether the server is stopping, so that nobody should send it new work.
    private let isDraining = Atomic<Bool>(false)

    /// - Parameter credentials: What is told of with the answer that the server is ready: when its certificates end.
    init(_ bridge: Bridge, credentials: [TLSCredentials]) {
        self.bridge = bridge
        self.credentials = credentials
    }

    /// The server is stopping.
    func drain() {
        self.isDraining.store(true, ordering: .relaxed)
    }

    /// - Parameter isAdministrator: Whether somebody asks who may know more than that the server is ready.
    func answer(_ check: Check, to isAdministrator: @autoclosure () -> Bool, on exchange: any Exchange) {
        switch check {
        case .alive: exchange.respond(.text("alive\n"))
        case .ready where self.isDraining.load(ordering: .relaxed):
            exchange.respond(Problem.unavailable("the server is stopping", retryAfter: 5).response)
        case .ready: self.probe(isAdministrator() ? self.certificates : "", exchange)
        }
    }

    /// - Parameter details: What stands behind the word that it is ready.
    private func probe(_ details: String, _ exchange: any Exchange) {
        let answer = NIOLoopBound(exchange, eventLoop: exchange.eventLoop)
        let eventLoop = exchange.eventLoop
        self.bridge.probe { result in
            eventLoop.run {
                switch result {
                case .success: answer.value.respond(.text("ready\n" + details))
                case .failure(let error): answer.value.respond(Problem(error).response)
                }
            }
        }
    }

    /// A line for each certificate.
    private var certificates: String { self.credentials.map { $0.expiryText() }.joined() }
}
