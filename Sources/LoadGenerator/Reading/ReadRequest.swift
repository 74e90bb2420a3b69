import NIOCore
import NIOHPACK
import PolluxClient

/// What a reader of one channel asks for.
struct ReadRequest {
    /// A request of HTTP/1.1 without the empty line at its end.
    private let head: ByteBuffer
    private let headers: HPACKHeaders

    /// - Parameter credential: The token or key that is shown, if any.
    init(_ workload: Workload, channel: Int, credential: String?) {
        let target = workload.readTarget(ofChannel: channel)
        let accept = workload.transport == .eventStream ? "text/event-stream" : "application/json"
        var fields = [("Accept", accept)]
        if let credential { fields.append(("Authorization", "Bearer \(credential)")) }
        let lines = fields.map { "\($0.0): \($0.1)\r\n" }.joined()
        self.head = ByteBuffer(string: "GET \(target) HTTP/1.1\r\nHost: \(workload.server.authority)\r\n\(lines)")
        self.headers = HPACKHeaders(
            [
                (":method", "GET"), (":scheme", workload.road.scheme), (":authority", workload.server.authority),
                (":path", target),
            ] + fields.map { ($0.0.lowercased(), $0.1) })
    }

    /// For HTTP/1.1.
    func bytes(from cursor: Cursor) -> ByteBuffer {
        var buffer = self.head
        for field in cursor.fields {
            buffer.writeStaticString(field.name)
            buffer.writeStaticString(": ")
            buffer.writeBytes(field.value)
            buffer.writeStaticString("\r\n")
        }
        buffer.writeStaticString("\r\n")
        return buffer
    }

    /// For HTTP/2.
    func headers(from cursor: Cursor) -> HPACKHeaders {
        var headers = self.headers
        for field in cursor.fields {
            headers.add(name: "\(field.name)", value: String(decoding: field.value, as: UTF8.self))
        }
        return headers
    }
}
