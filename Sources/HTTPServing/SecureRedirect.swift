import NIOCore
import NIOHTTP1

/// Sends clients that come in the clear to the same place under `https` (RFC 9110, section 15.4.9).
struct SecureRedirect: Responder {
    /// The port of TLS.
    let port: Int

    /// What else may stand in the name of a host, or in an address.
    private static let others = Array(".-_:[]".utf8)

    func respond(to request: Request, on exchange: any Exchange) {
        guard let host = request.header("Host"), let name = Self.name(in: host) else {
            return exchange.respond(Problem.badRequest("a field Host with a host name is needed here").response)
        }
        let authority = self.port == 443 ? name : "\(name):\(self.port)"
        let query = request.query.isEmpty ? "" : "?" + String(decoding: request.query, as: UTF8.self)
        exchange.respond(
            Response(
                .permanentRedirect, headers: ["Location": "https://\(authority)\(request.pathText)\(query)"],
                body: ByteBuffer()))
    }

    /// The host without its port; `nil` if it is none.
    private static func name(in host: String) -> Substring? {
        let end = host.first == "[" ? host.firstIndex(of: "]").map(host.index(after:)) : host.firstIndex(of: ":")
        let name = host[..<(end ?? host.endIndex)]
        let isGood = name.utf8.allSatisfy { $0.isASCIILetterOrDigit || Self.others.contains($0) }
        return name.isEmpty || !isGood ? nil : name
    }
}

extension UInt8 {
    fileprivate var isASCIILetterOrDigit: Bool {
        (48...57).contains(self) || (97...122).contains(self.asciiLowercase)
    }
}
