import Access
import Channels
import HTTPServing

extension Gate {
    /// Waits for the keys of the issuer of what was shown, and judges then.
    func inquiry(
        _ document: KeyDocument, _ action: Action, _ channels: [ChannelName], for shown: ShownCredential, _ peer: Peer
    ) -> Inquiry {
        Inquiry {
            await withCheckedContinuation { continuation in document.whenAnswered { continuation.resume() } }
            do throws(Problem) {
                let permit = try self.permit(for: shown, peer)
                if let refusal = self.refusal(action, channels, for: permit.principal) {
                    throw .refused(action, refusal.channel, refusal.decision, shown)
                }
                return .success(permit)
            } catch {
                return .failure(error)
            }
        }
    }
}
