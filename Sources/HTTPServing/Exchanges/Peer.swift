/// The other end of a connection, as far as a request is judged by it. What the server knows by itself: nothing that the
/// client says gets here.
public struct Peer: Sendable, Equatable {
    /// What is done for a connection.
    public enum Admission: Sendable {
        case served
        /// The server holds as much as it may: only refusals are to be answered.
        case refused
    }

    /// Whether the connection is encrypted.
    public var isSecure: Bool
    public var admission: Admission

    public init(isSecure: Bool = false, admission: Admission = .served) {
        self.isSecure = isSecure
        self.admission = admission
    }

    public var isRefused: Bool { self.admission == .refused }
}
