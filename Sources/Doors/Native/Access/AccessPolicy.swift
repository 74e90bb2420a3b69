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

    /// Judges whether somebody may do something with all of some channels.
    ///
    /// - Parameter cors: Which pages are trusted with what their browsers bring along by themselves.
    /// - Throws: ``Problem``: 401 where somebody might be allowed who says who he is, 403 that names the channel, 400 for two
    ///   credentials. Nothing depends on whether a channel exists.
    func judge(
        _ wish: Wish, _ request: Request, _ cors: CORS, on exchange: any Exchange
    ) throws(Problem) -> Judgement {
        switch self {
        case .open: return .permit(.open)
        case .loopback:
            if let problem = self.refusal(of: request, cors) { throw problem }
            return .permit(.loopback)
        case .rules(let gate, let places, let tickets):
            if let ticket = wish.ticket {
                guard !request.hasAuthorization else {
                    throw .badRequest("a request has one token: in Authorization or by its ticket, not both")
                }
                return .inquiry(try gate.inquiry(Ticket(ticket), tickets, wish.channels, from: request.peer.address))
            }
            return try gate.judge(wish, for: try places.shown(by: request, cors), request, cors, on: exchange)
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
                return switch gate.verdict(.read, channels, for: principal) {
                case .allowed: nil
                // It was asked, and is not asked again as long as he stays.
                case .asked: permit.isByApplication ? nil : .changed
                case .refused: .changed
                }
            } catch {
                // What is not known at the moment takes nothing from who was let in.
                return error.isPassing ? nil : Denial(error)
            }
        }
    }
}

extension Gate {
    fileprivate func judge(
        _ wish: Wish, for shown: ShownCredential, _ request: Request, _ cors: CORS, on exchange: any Exchange
    ) throws(Problem) -> Judgement {
        let memory: PermitMemory
        do throws(TokenError) { memory = try self.memory(of: shown, request.peer, on: exchange) } catch {
            guard case .keysAwaited(let document) = error else { throw Problem(error) }
            return .inquiry(self.inquiry(wish, after: document, for: shown, request, cors))
        }
        guard !memory.allows(wish.action, wish.channels) else { return .permit(memory.permit) }
        switch self.verdict(wish.action, wish.channels, for: memory.permit.principal) {
        case .allowed:
            memory.note(wish.action, wish.channels)
            return .permit(memory.permit)
        case .refused(let channel, let decision): throw .refused(wish.action, channel, decision, shown)
        case .asked(let channels):
            let permit = memory.permit
            return .inquiry(
                Inquiry { await self.ask(about: channels, for: wish, as: permit, shown, request, cors) })
        }
    }

    /// What a connection remembers, of the one who asks now: a permit without channels yet, if he is another one than before.
    private func memory(
        of shown: ShownCredential, _ peer: Peer, on exchange: any Exchange
    ) throws(TokenError) -> PermitMemory {
        if let memory = exchange.connectionMemory as? PermitMemory, memory.isGood(for: shown, by: self) {
            return memory
        }
        // Asked for first: what is taken back meanwhile is not missed.
        let generation = self.revocations.generation
        let memory = PermitMemory(try self.known(shown, peer), for: shown, by: self, generation)
        exchange.connectionMemory = memory
        return memory
    }

    /// Who has shown something, before it is judged what he may do.
    ///
    /// - Throws: ``Problem``.
    func permit(for shown: ShownCredential, _ peer: Peer) throws(Problem) -> Permit {
        do throws(TokenError) { return try self.known(shown, peer) } catch { throw Problem(error) }
    }

    func known(_ shown: ShownCredential, _ peer: Peer) throws(TokenError) -> Permit {
        let credential = peer.credential(shown)
        let (now, uptime) = (WallClock.system.milliseconds(), NIODeadline.now().uptimeNanoseconds)
        let principal = try self.principal(of: credential, from: peer.address, at: now, uptime: uptime)
        return Permit(.rules, principal, by: credential)
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
