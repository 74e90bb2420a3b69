import Access
import Logging

/// Writes into the log what limits have refused: a line for each limit, however many were refused.
struct RefusalLog {
    let logger: Logger

    func write(_ refusals: [RefusalCounts.Refusals]) {
        for refusal in refusals {
            var metadata: Logger.Metadata = ["limit": "\(refusal.key)", "count": "\(refusal.count)"]
            if let address = refusal.address { metadata["latest"] = "\(address)" }
            if refusal.scope == .address {
                metadata["remedy"] =
                    "if that is a proxy, name it in proxies, and in forwarded how it says for whom it asks"
            }
            self.logger.notice("a limit was reached, and what came beyond it refused", metadata: metadata)
        }
    }
}
