public import Access
import Channels
public import HTTPServing
import NIOCore
import NIOHTTP1

/// What requests are judged by before anything is done for them.
public enum AccessPolicy: Sendable {
    /// Everybody may do everything (`access.open`).
    case open
    /// There are no rules: whoever is on this machine may do everything, and nobody else anything. A page of another site that is
    /// open in a browser of this machine is somebody else.
    case loopback
    case rules(Gate, TokenPlaces, Tickets)

    /// Lets somebody do something with all of some channels.
    ///
    /// - Parameter cors: Which pages are trusted with what their browsers bring along by themselves.
    /// - Throws: ``Problem``: 401 where somebody might be allowed who says who he is, 403 that names the channel, 400 for two
    ///   credentials. Nothing depends on whether a channel exists.
    func permit(
        _ action: Action, _ channels: [ChannelName], _ request: Request, _ cors: CORS, on exchange: any Exchange
    ) throws(Problem) -> Permit {
        switch self {
        case .open: return .open
        case .loopback:
            if let problem = self.refusal(of: request, cors) { throw problem }
            return .loopback
        case .rules(let gate, let places, _):
            let shown = try places.shown(by: request, cors)
            let memory = try gate.memory(of: shown, request.peer, on: exchange)
            guard !memory.allows(action, channels) else { return memory.permit }
            if let refusal = gate.refusal(action, channels, for: memory.permit.principal) {
                throw .refused(action, refusal.channel, refusal.decision, shown)
            }
            memory.note(action, channels)
            return memory.permit
        }
    }

    /// Whether somebody asks who may do everything.
    public func isAdministrator(_ request: Request, _ cors: CORS) -> Bool {
        switch self {
        case .open: return true
        case .loopback: return self.refusal(of: request, cors) == nil
        case .rules(let gate, let places, _):
            guard let shown = try? places.shown(by: request, cors), !shown.isNothing else { return false }
            return (try? gate.permit(for: shown, request.peer)).map { gate.isAdministrator($0.principal) } ?? false
        }
    }

    /// - Returns: Why a request is not taken for one of this machine; `nil` if it is.
    private func refusal(of request: Request, _ cors: CORS) -> Problem? {
        guard request.isToLoopback, !request.isForwarded, request.peer.address?.isLoopback ?? true else {
            return .closed
        }
        return cors.trustsPage(of: request) || request.isFromLoopbackPage ? nil : .foreignPage
    }

    /// Judges a wish to read, for which a ticket may stand in the place of a token.
    ///
    /// - Throws: ``Problem``, as ``permit(_:_:_:_:on:)`` does.
    func judge(
        reading channels: [ChannelName], _ ticket: [UInt8]?, _ request: Request, _ cors: CORS, on exchange: any Exchange
    ) throws(Problem) -> Judgement {
        guard let ticket, case .rules(let gate, _, let tickets) = self else {
            return .permit(try self.permit(.read, channels, request, cors, on: exchange))
        }
        guard !request.hasAuthorization else {
            throw .badRequest("a request has one token: in Authorization or by its ticket, not both")
        }
        return .inquiry(try gate.inquiry(Ticket(ticket), tickets, channels, from: request.peer.address))
    }

    /// Why somebody may no longer read what he was let read; `nil` if he still may.
    ///
    /// - Parameter now: Milliseconds since 1970.
    func denial(of permit: Permit, reading channels: [ChannelName], at now: Int64) -> Denial? {
        switch self {
        case .open: return nil
        case .loopback: return permit.basis == .loopback ? nil : .changed
        case .rules(let gate, _, _):
            do throws(TokenError) {
                let principal = try gate.principal(of: permit.credential, at: now)
                return gate.refusal(.read, channels, for: principal) == nil ? nil : .changed
            } catch {
                return Denial(error)
            }
        }
    }
}

extension Gate {
    /// What a connection remembers, of the one who asks now: a permit without channels yet, if he is another one than before.
    fileprivate func memory(
        of shown: ShownCredential, _ peer: Peer, on exchange: any Exchange
    ) throws(Problem) -> PermitMemory {
        if let memory = exchange.connectionMemory as? PermitMemory, memory.isGood(for: shown, by: self) {
            return memory
        }
        // Asked for first: what is taken back meanwhile is not missed.
        let generation = self.revocations.generation
        let memory = PermitMemory(try self.permit(for: shown, peer), for: shown, by: self, generation)
        exchange.connectionMemory = memory
        return memory
    }

    func permit(for shown: ShownCredential, _ peer: Peer) throws(Problem) -> Permit {
        let credential = peer.credential(shown)
        let (now, uptime) = (WallClock.system.milliseconds(), NIODeadline.now().uptimeNanoseconds)
        do throws(TokenError) {
            let principal = try self.principal(of: credential, from: peer.address, at: now, uptime: uptime)
            return Permit(.rules, principal, by: credential)
        } catch {
            throw Problem(error)
        }
    }
}

extension Peer {
    fileprivate func credential(_ shown: ShownCredential) -> Credential? {
        switch shown {
        case .nothing, .withheld: nil
        case .text(let text): .text(Array(text))
        case .certificate: self.certificateNames.map { .certificate(subject: $0.subject, names: $0.names) }
        }
    }
}

extension Request {
    /// Whether a page of this machine asks, which has an origin of its own if its port is another.
    fileprivate var isFromLoopbackPage: Bool {
        self.origin.flatMap { Origin($0) }.map { Loopback.has($0.host) } ?? false
    }
}
