public import NIOCore
public import NIOHTTP1

/// An answer: all of it, or the head of one whose body follows as a stream.
public struct Response: Sendable {
    public var status: HTTPResponseStatus
    public var headers: HTTPHeaders
    /// `nil` where there is no content at all: for 204 and 304, and for HEAD where none was made; its length, if known,
    /// is then among the headers.
    public var body: ByteBuffer?

    public init(_ status: HTTPResponseStatus, headers: HTTPHeaders = [:], body: ByteBuffer? = nil) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A line of plain text.
    public static func text(_ text: String) -> Response {
        let headers: HTTPHeaders = ["Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"]
        return Response(.ok, headers: headers, body: ByteBuffer(string: text))
    }
}
