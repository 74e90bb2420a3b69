public import Access
import Channels
import HTTPServing
import NIOCore
import NIOHTTP1

/// What requests are judged by before anything is done for them.
public enum AccessPolicy: Sendable {
    /// Everybody may do everything (`access.open`).
    case open
    /// There are no rules: whoever is on this machine may do everything, and nobody else anything. A page of another site that is
    /// open in a browser of this machine is somebody else.
    case loopback
    case rules(Gate)

    /// Who it is that may do something with all of some channels.
    ///
    /// - Throws: ``Problem``: 401 where somebody might be allowed who says who he is, 403 that names the channel, 400 for two
    ///   credentials. Nothing depends on whether a channel exists.
    ///
    /// - Parameter cors: Which pages are trusted with what their browsers bring along by themselves.
    func require(
        _ action: Action, _ channels: [ChannelName], _ request: Request, _ cors: CORS
    ) throws(Problem) -> Principal {
        switch self {
        case .open: return .anonymous
        case .loopback:
            guard request.isToLoopback, !request.isForwarded, request.peer.address?.isLoopback ?? true else {
                throw .closed
            }
            guard cors.trustsPage(of: request) || request.isFromLoopbackPage else { throw .foreignPage }
            return .anonymous
        case .rules(let gate):
            let principal = try gate.principal(of: request, cors)
            guard let refusal = gate.refusal(action, channels, for: principal) else { return principal }
            throw .refused(action, refusal.channel, refusal.decision)
        }
    }
}

extension Gate {
    /// Who has sent a request. Of what a client brings along, a credential of its own comes before its certificate. A browser shows
    /// that for whatever page asks, so it counts only for pages that are trusted; for others their user is nobody.
    fileprivate func principal(of request: Request, _ cors: CORS) throws(Problem) -> Principal {
        if let credential = try request.bearer() { return try self.principal(credential, from: request.peer.address) }
        guard let (subject, names) = request.peer.certificateNames, cors.trustsPage(of: request) else {
            return .anonymous
        }
        return self.principal(withCertificate: subject, names)
    }

    private func principal(_ credential: [UInt8], from address: PeerAddress?) throws(Problem) -> Principal {
        let (now, uptime) = (WallClock.system.milliseconds(), NIODeadline.now().uptimeNanoseconds)
        do throws(TokenError) {
            return try self.principal(withCredential: credential, from: address, at: now, uptime: uptime)
        } catch {
            guard case .tooManyFailures(let seconds) = error else { throw .invalidCredential("\(error)") }
            throw Problem(.tooManyRequests, "Too many requests", detail: "\(error)", retryAfter: seconds)
        }
    }
}

extension Request {
    /// Whether a page of this machine asks, which has an origin of its own if its port is another.
    fileprivate var isFromLoopbackPage: Bool {
        self.origin.flatMap { Origin($0) }.map { Loopback.has($0.host) } ?? false
    }

    /// The credential of the field `Authorization` (RFC 6750, section 2.1); `nil` if there is none of this kind.
    fileprivate func bearer() throws(Problem) -> [UInt8]? {
        let fields = self.bytes(of: "Authorization")
        guard fields.count <= 1 else {
            throw .badRequest("a request has at most one field Authorization (RFC 6750, section 2)")
        }
        guard let field = fields.first else { return nil }
        let parts = field.split(separator: UInt8(ascii: " "))
        // Of another scheme it is meant for somebody else, such as a proxy in front.
        guard let scheme = parts.first, scheme.elementsEqual("bearer".utf8, by: { $0 | 0x20 == $1 }) else { return nil }
        guard parts.count == 2 else {
            throw .invalidCredential(
                "Authorization must be Bearer and a token or key, as in Authorization: Bearer eyJ...")
        }
        return Array(parts[1])
    }
}

extension Problem {
    private static let realm = "Bearer realm=\"pollux\""

    fileprivate static let closed = Problem(
        .forbidden, "Forbidden",
        detail:
            "without rules only this machine is served; the server's configuration needs access.rules, or access.open: true "
            + "if everybody may read, write and drop every channel")

    fileprivate static let foreignPage = Problem(
        .forbidden, "Forbidden",
        detail: "pages of this origin may not use what the browser brings along by itself (cors.origins, publicOrigins)"
    )

    fileprivate static func invalidCredential(_ detail: String) -> Problem {
        // RFC 6750, section 3.1.
        Problem(.unauthorized, "Unauthorized", detail: detail, challenge: Self.realm + ", error=\"invalid_token\"")
    }

    fileprivate static func refused(_ action: Action, _ channel: ChannelName, _ decision: Decision) -> Problem {
        switch decision {
        case .unauthenticated:
            Problem(
                .unauthorized, "Unauthorized",
                detail:
                    "to \(action.rawValue) the channel \(channel) a token or key is needed, as in Authorization: Bearer eyJ...",
                challenge: Self.realm)
        case .forbidden, .allowed:
            Problem(
                .forbidden, "Forbidden", detail: "you may not \(action.rawValue) the channel \(channel) (access.rules)")
        }
    }
}
