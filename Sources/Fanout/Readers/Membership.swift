package import Channels

/// A reader's part in its session, from its beginning to its end.
package final class Membership: Sendable {
    /// Whether others of the session are expected after the reader.
    package enum Kind: Sendable {
        /// A poll, or a client that has said by a token that it will come again.
        case oneOfMany
        /// A stream without a token: its end is the end of the session.
        case only
    }

    private let sessions: Sessions
    private let session: Session
    private let kind: Kind

    package init(_ kind: Kind, of selection: Selection, _ signs: SessionSigns, in sessions: Sessions) {
        self.kind = kind
        self.sessions = sessions
        self.session = sessions.join(selection, signs)
    }

    /// The reader has gone; called once.
    func end() {
        switch self.kind {
        case .oneOfMany: self.sessions.leave(self.session)
        case .only: self.sessions.end(self.session)
        }
    }
}
