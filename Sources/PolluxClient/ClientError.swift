/// Why something did not succeed at a server.
public enum ClientError: Error, Equatable, Sendable {
    /// There is no connection: nothing was sent. The reason, such as `connection refused`.
    case unreachable(String)
    /// The server's certificate does not prove that it is who it should be: nothing was sent. The reason, such as
    /// `certificate has expired`.
    case untrusted(String)
    /// What the client was given cannot be used, such as a file of authorities: nothing was sent. The reason.
    case unusable(String)
    /// The connection broke before the answer was complete: what was asked for may have been done, or not. The reason.
    case lost(String)
    /// The server said no.
    case refused(ServerProblem)
    /// What came is not what a Pollux server answers. What is wrong with it.
    case unreadable(String)
}

extension ClientError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let reason), .lost(let reason), .unusable(let reason): reason
        case .untrusted(let reason): "the server's certificate is not trusted: \(reason)"
        case .refused(let problem): "\(problem)"
        case .unreadable(let fault): "this is no answer of a Pollux server: \(fault)"
        }
    }
}
