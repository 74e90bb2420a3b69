import NIOCore

@testable import HTTPServing

extension LoopContext {
    /// One that serves by these parts.
    convenience init(
        eventLoop: any EventLoop, responder: any Responder, cors: CORS = CORS(), limits: Limits = Limits(),
        forwarding: Forwarding = Forwarding(), transportSecurity: String? = nil
    ) {
        let settings = ServingSettings(responder: responder, limits: limits, cors: cors, forwarding: forwarding)
        self.init(eventLoop: eventLoop, settings: settings, transportSecurity: transportSecurity)
    }
}
