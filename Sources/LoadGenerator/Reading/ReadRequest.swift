import NIOCore
import NIOHPACK
import PolluxClient

/// What a reader of one channel asks for.
struct ReadRequest {
    /// A request of HTTP/1.1 without the empty line at its end.
    private let head: ByteBuffer
    private let headers: HPACKHeaders

    init(_ workload: Workload, channel: Int) {
        let target = workload.readTarget(ofChannel: channel)
        let accept = workload.transport == .eventStream ? "text/event-stream" : "application/json"
        self.head = ByteBuffer(
            string: "GET \(target) HTTP/1.1\r\nHost: \(workload.server.authority)\r\nAccept: \(accept)\r\n")
        self.headers = [
            ":method": "GET", ":scheme": workload.road.scheme, ":authority": workload.server.authority,
            ":path": target, "accept": accept,
        ]
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
