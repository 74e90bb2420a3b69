package import Channels

/// Somebody who reads, as people count: a reader that outlives its connections. A stream is one for as long as it lasts, and
/// a run of polls is one although each poll is a reader of its own.
package struct Session: Hashable, Sendable {
    /// No two sessions of a process have the same.
    package let number: UInt64
    package let selection: Selection
    package let principal: Principal
}

/// Who reads. As long as nobody is asked who he is, all that is known is where he comes from.
package struct Principal: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// - Parameter address: Where the connection comes from.
    package static func anonymous(from address: String) -> Principal { Principal(description: address) }
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
    package let principal: Principal

    package init(token: String?, connection: UInt64, principal: Principal) {
        self.token = token
        self.connection = connection
        self.principal = principal
    }
}
