import NIOCore
import NIOHTTP1

/// Sends clients that come in the clear to the same place under `https` (RFC 9110, section 15.4.9).
struct SecureRedirect: Responder {
    /// The port of TLS.
    let port: Int
    /// What serves those that have come by `https` to a proxy.
    let others: any Responder

    func mayOverlap(_ request: Request) -> Bool { request.peer.isSecure && self.others.mayOverlap(request) }

    func respond(to request: Request, on exchange: any Exchange) {
        guard !request.peer.isSecure else { return self.others.respond(to: request, on: exchange) }
        guard let host = request.authority?.bracketedHost else {
            return exchange.respond(Problem.badRequest("a field Host with a host name is needed here").response)
        }
        let authority = self.port == 443 ? host : "\(host):\(self.port)"
        // What is no path (`*`) is asked of the whole server.
        let path = request.pathText.hasPrefix("/") ? request.pathText : "/"
        let query = request.query.isEmpty ? "" : "?" + String(decoding: request.query, as: UTF8.self)
        exchange.respond(
            Response(
                .permanentRedirect, headers: ["Location": "https://\(authority)\(path)\(query)"], body: ByteBuffer()))
    }
}
