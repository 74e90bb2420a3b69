import Access
public import Channels
public import HTTPServing
public import Logging
import JSON
import NIOCore
import NIOHTTP1

/// The door of those who let others in and shut them out again: `POST /access/ticket` and `POST /access/revoke`.
public struct AccessDoor: Door {
    private static let ticketPath = Array("/access/ticket".utf8)
    private static let revokePath = Array("/access/revoke".utf8)

    private let access: AccessPolicy
    private let cors: CORS
    private let channels: ChannelResource
    private let bridge: Bridge
    /// How long a ticket may wait for its first use, in milliseconds.
    private let ticketLifetime: Int64
    private let log: AdminLog

    public init(
        _ access: AccessPolicy, _ channels: ChannelResource, _ bridge: Bridge, cors: CORS, ticketLifetime: Duration,
        logger: Logger
    ) {
        self.access = access
        self.channels = channels
        self.bridge = bridge
        self.cors = cors
        self.ticketLifetime = ticketLifetime.milliseconds
        self.log = AdminLog(logger: logger)
    }

    public func claims(_ path: [UInt8]) -> Bool { path == Self.ticketPath || path == Self.revokePath }

    public func respond(to request: Request, on exchange: any Exchange) {
        guard request.method == .POST else {
            return exchange.respond(self.cors.answer(toOther: request, allow: "POST, OPTIONS"))
        }
        do throws(Problem) {
            try request.requireCapacity()
            guard self.cors.allowsWrite(request) else { throw .foreignWrite }
            guard case .rules(let gate, let places, let tickets) = self.access else {
                throw .notFound("there are no tokens here: the server's configuration has no access.rules")
            }
            let shown = try places.shown(by: request, self.cors)
            let permit = try gate.permit(for: shown, request.peer)
            if request.path == Self.ticketPath {
                try self.issue(tickets, for: permit, on: exchange)
            } else {
                try self.revoke(gate, request, as: permit, shown, on: exchange)
            }
        } catch {
            exchange.respond(error.response)
        }
    }

    // MARK: Tickets

    private func issue(_ tickets: Tickets, for permit: Permit, on exchange: any Exchange) throws(Problem) {
        guard case .token = permit.principal, case .text(let text)? = permit.credential else {
            throw permit.principal == .anonymous
                ? .unauthenticated("for a ticket a token is needed, as in Authorization: Bearer eyJ...")
                : Problem(
                    .forbidden, "Forbidden", detail: "a ticket stands for a token; keys and certificates have none")
        }
        let lifetime = self.ticketLifetime
        exchange.answer { () async throws(LedgerError) in
            let now = WallClock.system.milliseconds()
            let issued = try await tickets.issue(for: text, until: permit.end, lifetime: lifetime, at: now)
            return Self.response(issued.ticket, useBefore: issued.useBefore, end: permit.end)
        }
    }

    private static func response(_ ticket: Ticket, useBefore: Int64, end: Int64?) -> Response {
        let content = JSONValue.object([
            .init("ticket", .string(String(decoding: ticket.text, as: UTF8.self))),
            .init("useBefore", .integer(useBefore / 1_000)),
            .init("end", end.map { .integer($0 / 1_000) } ?? .null),
        ])
        let headers: HTTPHeaders = [
            "Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
        ]
        return Response(.created, headers: headers, body: ByteBuffer(bytes: content.encoded()))
    }

    // MARK: Revocations

    private func revoke(
        _ gate: Gate, _ request: Request, as permit: Permit, _ shown: ShownCredential, on exchange: any Exchange
    ) throws(Problem) {
        guard gate.isAdministrator(permit.principal) else {
            guard permit.principal == .anonymous else {
                throw Problem(.forbidden, "Forbidden", detail: "to revoke, the grant admin on * is needed")
            }
            if case .withheld = shown { throw .foreignPage }
            throw .unauthenticated("to revoke, a token or key with the grant admin on * is needed")
        }
        let revocation = try RevokeRequest(request, gate.keys).revocation
        guard let record = revocation.record else { throw .unprocessable("what is to be revoked is too long") }
        let (bridge, channels, log, peer) = (self.bridge, self.channels, self.log, request.peer)
        exchange.answer { () async throws(LedgerError) in
            try await bridge.write([.put(record)])
            gate.revocations.add(revocation)
            log.note("revoked", "\(revocation.target)", by: permit.principal, from: peer)
            try? await channels.judgeReaders()
            return Response(.noContent, headers: ["Cache-Control": "no-store"])
        }
    }
}

extension Exchange {
    /// Gives the answer that is made elsewhere.
    fileprivate func answer(_ make: @escaping @Sendable () async throws(LedgerError) -> Response) {
        let (answer, eventLoop) = (NIOLoopBound(self.postpone(), eventLoop: self.eventLoop), self.eventLoop)
        Task {
            let response: Response
            do throws(LedgerError) { response = try await make() } catch { response = Problem(error).response }
            eventLoop.execute { answer.value.respond(response) }
        }
    }
}
