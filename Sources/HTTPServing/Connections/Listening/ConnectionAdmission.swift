/// Judges connections as they come, before anything of them is read. Called on every event loop; must not block.
public protocol ConnectionAdmission: Sendable {
    /// A connection has come.
    ///
    /// - Parameter address: The client's, or that of a proxy that is not known as one.
    /// - Returns: What is done for it; `nil` if it is to be closed at once.
    func admit(from address: PeerAddress) -> AdmittedConnection?
}

/// What is done for a connection that was judged.
public struct AdmittedConnection: Sendable {
    public let admission: Peer.Admission
    /// What counts the connection: let go of when it has gone.
    public let place: (any AnyObject & Sendable)?

    public init(_ admission: Peer.Admission, place: (any AnyObject & Sendable)? = nil) {
        self.admission = admission
        self.place = place
    }
}
