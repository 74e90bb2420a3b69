import NIOCore
import NIOHTTP1

@testable import HTTPServing

extension RequestHead {
    /// A head as the server reads it from the bytes of a client.
    static func parsed(
        _ method: HTTPMethod = .GET, target: String = "/", version: String = "1.1", _ fields: HTTPHeaders = [:],
        host: String? = "x"
    ) -> RequestHead {
        var text = "\(method.rawValue) \(target) HTTP/\(version)\r\n"
        if let host { text += "Host: \(host)\r\n" }
        for (name, value) in fields { text += "\(name): \(value)\r\n" }
        var parser = HTTP1Parser(headSize: 65_536, fieldCount: 100)
        parser.append(ByteBuffer(string: text + "\r\n"))
        do {
            if case .head(let head) = try parser.next() { return head }
            preconditionFailure("not a whole head: \(text)")
        } catch {
            preconditionFailure("\(error): \(text)")
        }
    }
}
