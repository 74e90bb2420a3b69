package import Channels

/// Somebody who reads, as people count: a reader that outlives its connections. A stream is one for as long as it lasts, and
/// a run of polls is one although each poll is a reader of its own.
package struct Session: Hashable, Sendable {
    /// No two sessions of a process have the same.
    package let number: UInt64
    package let selection: Selection
    package let identity: ReaderIdentity
}

/// Who reads, as far as sessions are told apart by it: by name, or by where he comes from as long as he has not said who he is.
package struct ReaderIdentity: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// - Parameter description: A name, or an address.
    package init(_ description: String) {
        self.description = description
    }
}

/// Told of those who read. Called on the event loop of the reader, or where sessions are swept; must not block.
package protocol ReaderObserver: Sendable {
    func began(_ session: Session)
    func ended(_ session: Session)
}

/// By what the readers of one session are known to belong together.
package struct SessionSigns: Sendable {
    /// What the client says: the parameter `session`. Who reads with the token of somebody else is counted with him, and
    /// that is all he gets from it.
    package let token: String?
    /// The number of the connection that the reader came on.
    package let connection: UInt64
    /// What is left when polls come on a connection each.
    package let identity: ReaderIdentity

    package init(token: String?, connection: UInt64, identity: ReaderIdentity) {
        self.token = token
        self.connection = connection
        self.identity = identity
    }
}
