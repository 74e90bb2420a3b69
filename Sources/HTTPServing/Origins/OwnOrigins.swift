/// What counts as the server's own origin: pages of it may write though no list names them.
///
/// `Host` alone does not decide. An attacker can have a name of his own resolve to our address (DNS rebinding); his
/// page then has that name in `Origin` and in `Host`. An address in their place cannot be led elsewhere.
public struct OwnOrigins: Sendable {
    private let origins: Set<Origin>
    private let isOwnName: @Sendable (String) -> Bool

    /// - Parameters:
    ///   - origins: Those that are our own, whatever `Host` says.
    ///   - isOwnName: Whether a host name, in lower case, is the server's. A page counts as own that comes from such a name,
    ///     by the scheme and the port that its request was sent to.
    package init(_ origins: Set<Origin> = [], isOwnName: @escaping @Sendable (String) -> Bool = { _ in false }) {
        self.origins = origins
        self.isOwnName = isOwnName
    }

    func contains(_ origin: Origin, of request: Request) -> Bool {
        if self.origins.contains(origin) { return true }
        guard origin.isAddress || self.isOwnName(origin.host), let authority = request.authority else { return false }
        return origin == Origin(scheme: request.peer.isSecure ? "https" : "http", authority)
    }
}
