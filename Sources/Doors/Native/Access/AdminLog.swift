import Access
import HTTPServing
import Logging

/// A line of the log for each thing that only some may do: who, from where, what.
struct AdminLog: Sendable {
    let logger: Logger

    /// - Parameters:
    ///   - deed: In the past: "revoked".
    ///   - target: To what it was done.
    func note(_ deed: String, _ target: String, by principal: Principal, from peer: Peer) {
        self.logger.notice(
            "\(deed)",
            metadata: [
                "by": "\(principal)", "from": "\(peer.address.map { "\($0)" } ?? "unknown")", "what": "\(target)",
            ])
    }
}
