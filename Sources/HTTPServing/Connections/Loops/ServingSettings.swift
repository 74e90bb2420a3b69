/// How connections are served. One value that never changes and is replaced whole, on each loop between two turns: a
/// connection asks for a setting when it needs it, and so goes by the newest with its next step.
public struct ServingSettings: Sendable {
    /// What answers requests.
    public var responder: any Responder
    public var limits: Limits
    public var cors: CORS
    /// Which proxies are believed when they say for whom they ask.
    public var forwarding: Forwarding
    /// What judges new connections besides ``Limits/connections``; `nil` if nothing does.
    public var admission: (any ConnectionAdmission)?

    package init(
        responder: any Responder, limits: Limits = Limits(), cors: CORS = CORS(), forwarding: Forwarding = Forwarding(),
        admission: (any ConnectionAdmission)? = nil
    ) {
        self.responder = responder
        self.limits = limits
        self.cors = cors
        self.forwarding = forwarding
        self.admission = admission
    }

    /// The peer as a request shows it.
    func peer(_ peer: Peer, of head: RequestHead) -> Peer {
        self.forwarding.field == .none ? peer : self.forwarding.peer(peer, of: head)
    }
}
