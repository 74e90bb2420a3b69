import Access
import Channels
import HTTPServing
import NIOHTTP1

extension Problem {
    private static let realm = "Bearer realm=\"pollux\""

    static let closed = Problem(
        .forbidden, "Forbidden",
        detail:
            "without rules only this machine is served; the server's configuration needs access.rules, or access.open: true "
            + "if everybody may read, write and drop every channel")

    static let foreignPage = Problem(
        .forbidden, "Forbidden",
        detail: "pages of this origin may not use what the browser brings along by itself (cors.origins, publicOrigins)"
    )

    init(_ error: TokenError) {
        switch error {
        case .tooManyFailures(let seconds):
            self.init(.tooManyRequests, "Too many requests", detail: "\(error)", retryAfter: seconds)
        case .keysAwaited, .keysUnavailable: self = .unavailable("\(error)", retryAfter: 1)
        default: self = .invalidCredential("\(error)")
        }
    }

    static func invalidCredential(_ detail: String) -> Problem {
        // RFC 6750, section 3.1.
        Problem(.unauthorized, "Unauthorized", detail: detail, challenge: Self.realm + ", error=\"invalid_token\"")
    }

    static func unauthenticated(_ detail: String) -> Problem {
        Problem(.unauthorized, "Unauthorized", detail: detail, challenge: Self.realm)
    }

    static let foreignWrite = Problem(
        .forbidden, "Forbidden", detail: "pages of this origin may not write (cors.origins, publicOrigins)")

    /// For a reader that was let in, and of whom nothing was begun when that was taken back.
    static func denied(_ reason: Denial) -> Problem {
        let detail =
            switch reason {
            case .expired: "the token has expired; get a new one"
            case .revoked: "the token or key was taken back"
            case .replaced: "the ticket is used on another connection now"
            case .changed: "the rules, keys or issuers have changed; ask again"
            }
        return .invalidCredential(detail)
    }

    /// The application does not know who asks.
    static func notKnown(_ action: Action, _ channel: ChannelName) -> Problem {
        .unauthenticated(
            "to \(action.rawValue) the channel \(channel) one must be known to the application (access.callback)")
    }

    static func applicationUnavailable(_ action: Action, _ channel: ChannelName) -> Problem {
        .unavailable(
            "whether you may \(action.rawValue) the channel \(channel) the application does not say at the moment (access.callback); try again",
            retryAfter: 2)
    }

    static func refused(
        _ action: Action, _ channel: ChannelName, _ decision: Decision, _ shown: ShownCredential
    ) -> Problem {
        switch (decision, shown) {
        // Who is told that a token is needed, and has sent one, would look for long.
        case (.unauthenticated, .withheld): .foreignPage
        case (.unauthenticated, _):
            .unauthenticated(
                "to \(action.rawValue) the channel \(channel) a token or key is needed, as in Authorization: Bearer eyJ..."
            )
        case (.forbidden, _), (.allowed, _), (.asked, _):
            Problem(
                .forbidden, "Forbidden", detail: "you may not \(action.rawValue) the channel \(channel) (access.rules)")
        }
    }
}
