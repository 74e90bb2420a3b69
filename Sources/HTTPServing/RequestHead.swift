import NIOHTTP1

/// The head of a request: one object, handed on by reference until it is answered.
final class RequestHead: Sendable {
    let method: HTTPMethod
    let target: String
    let headers: HTTPHeaders
    let fields: KnownFields
    let isHTTP10: Bool
    /// Whether the client wants the connection to live on behind the answer.
    let isKeepAlive: Bool

    init(_ head: HTTPRequestHead) {
        self.method = head.method
        self.target = head.uri
        self.headers = head.headers
        self.fields = KnownFields(head.headers)
        self.isHTTP10 = head.version.major < 1 || (head.version.major == 1 && head.version.minor < 1)
        // Behind a request that asks for another protocol the decoder reads no further one.
        self.isKeepAlive = head.isKeepAlive && head.method != .CONNECT && !self.fields.wantsUpgrade
    }
}
