import Access
import HTTPServing
import NIOCore

/// Holds new connections to the limits of their addresses.
struct AddressAdmission: ConnectionAdmission {
    private let limits: AccessLimits

    /// - Returns: `nil` where connections have no limits.
    init?(_ limits: AccessLimits) {
        if limits.takesAllConnections { return nil }
        self.limits = limits
    }

    func admit(from address: PeerAddress) -> AdmittedConnection? {
        switch self.limits.judgeConnection(from: address, at: NIODeadline.now().uptimeNanoseconds) {
        case .served(let place): AdmittedConnection(.served, place: place)
        case .refused(let most, let place): AdmittedConnection(.refusedAddress(most: most), place: place)
        case .closed: nil
        }
    }
}
