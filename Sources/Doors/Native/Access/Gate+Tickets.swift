import Access
import Channels
import HTTPServing
import NIOCore

extension Gate {
    /// Asks for what a ticket stands, to read some channels.
    ///
    /// - Throws: ``Problem``: 429 where too many wrong ones came from this address.
    func inquiry(
        _ ticket: Ticket, _ tickets: Tickets, _ channels: [ChannelName], from address: PeerAddress?
    ) throws(Problem) -> Inquiry {
        do throws(TokenError) {
            try self.requireFewFailures(from: address, at: NIODeadline.now().uptimeNanoseconds)
        } catch {
            throw Problem(error)
        }
        return Inquiry {
            do throws(Problem) {
                return .success(try await self.permit(ticket, tickets, channels, from: address))
            } catch {
                return .failure(error)
            }
        }
    }

    private func permit(
        _ ticket: Ticket, _ tickets: Tickets, _ channels: [ChannelName], from address: PeerAddress?
    ) async throws(Problem) -> Permit {
        let text: [UInt8]?
        do throws(LedgerError) { text = try await tickets.redeem(ticket, for: channels) } catch {
            throw Problem(error)
        }
        guard let text else {
            self.noteFailure(from: address, at: NIODeadline.now().uptimeNanoseconds)
            throw .invalidCredential(
                "the ticket is over, or is for other channels; get a new one (POST /access/ticket)")
        }
        let principal: Principal
        do throws(TokenError) {
            principal = try self.principal(of: .text(text), at: WallClock.system.milliseconds())
        } catch {
            throw Problem(error)
        }
        switch self.verdict(.read, channels, for: principal) {
        case .allowed: break
        case .refused(let channel, let decision): throw .refused(.read, channel, decision, .nothing)
        // A ticket says nothing of what the application would want to see.
        case .asked(let asked):
            if let channel = asked.first { throw .refused(.read, channel, .forbidden, .nothing) }
        }
        return Permit(.rules, principal, by: .text(text), with: .next(of: ticket.id))
    }
}
