/// Why there is nothing to report.
public enum LoadError: Error, Equatable, Sendable {
    /// There is no connection. The reason.
    case unreachable(String)
    /// The server's certificate does not prove that it is who it should be. The reason.
    case untrusted(String)
    /// There are not as many ports for connections to one address: wanted, and there.
    case tooFewPorts(Int, of: Int)
    /// A reader was not let in. The status of the answer.
    case refused(status: Int)
    /// For ten seconds no further reader was let in.
    case stalled(open: Int, of: Int, closed: Int)
    /// Not one publish was answered with success: the status of the first that was answered.
    case unpublished(status: Int?)
    /// A process that was to be measured is not there, or not to be looked at.
    case noProcess(Int32)
}

extension LoadError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let reason):
            "cannot connect: \(reason)"
        case .untrusted(let reason):
            "the server's certificate is not trusted: \(reason); name the authorities to trust with --cacert, or use "
                + "--insecure"
        case .tooFewPorts(let wanted, let ports):
            "\(wanted) connections to one address need as many ports, and this machine has \(ports) "
                + "(net.ipv4.ip_local_port_range): share connections with --http 2, take fewer --readers, or more machines"
        case .refused(let status):
            "the server refused a reader with status \(status)\(Self.hint(status))"
        case .stalled(let open, let all, let closed):
            "only \(open) of \(all) readers were let in, and none for 10 s (\(closed) were closed again): look at the "
                + "server's limits of connections, of open files, and of streams on one connection (--connections)"
        case .unpublished(let status):
            status.map { "the server refused what was published with status \($0)\(Self.hint($0))" }
                ?? "the server did not answer what was published"
        case .noProcess(let process):
            "there is no process \(process) on this machine that may be measured"
        }
    }

    /// What would do.
    private static func hint(_ status: Int) -> String {
        switch status {
        case 401: ": it wants a valid token or key (--token-file)"
        case 403: ": who has this token or key may not, by the rules of the server"
        case 429, 503: ": it takes no more; fewer --readers, or raise its limits"
        default: ""
        }
    }
}
