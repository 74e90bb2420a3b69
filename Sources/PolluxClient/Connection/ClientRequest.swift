import NIOCore
import NIOHTTP1

/// A request to a server, before it is put on a connection.
struct ClientRequest: Equatable {
    let method: HTTPMethod
    /// Path and query, below the server's prefix.
    let target: String
    var headers: HTTPHeaders = [:]
    var body: ByteBuffer?

    /// The head as it goes out, with the fields that every request has.
    func head(for server: ServerURL) -> HTTPRequestHead {
        var headers: HTTPHeaders = ["Host": server.authority, "User-Agent": "pollux"]
        if let credential = server.credential { headers.add(name: "Authorization", value: "Bearer \(credential)") }
        headers.add(contentsOf: self.headers)
        if let body = self.body { headers.add(name: "Content-Length", value: String(body.readableBytes)) }
        return HTTPRequestHead(
            version: .http1_1, method: self.method, uri: server.prefix + self.target, headers: headers)
    }
}
