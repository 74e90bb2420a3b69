import HTTPServing
import Logging
import Synchronization

/// Says once in the log that requests come through a proxy although none is believed: all its clients then are one to the limits.
final class ProxyWarning: Sendable {
    private let logger: Logger
    private let isGiven = Atomic<Bool>(false)

    init(logger: Logger) {
        self.logger = logger
    }

    func look(at request: Request) {
        guard request.isForwarded, !request.peer.hasProxyHeader, !self.isGiven.exchange(true, ordering: .relaxed) else {
            return
        }
        self.logger.warning(
            "a request has come through a proxy, and no proxy is known: all who come through one count as one client",
            metadata: [
                "from": "\(request.peer.address.map { "\($0)" } ?? "unknown")", "remedy": "proxies, and forwarded",
            ])
    }
}
