import Channels
import Fanout
import HTTPServing
import NIOCore
import NIOHTTP1

/// The JSON that a poll is answered with.
enum PollContent {
    private static let fields = [
        ("Content-Type", "application/json"),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    static let headers = HTTPHeaders(fields)

    static func response(_ batch: Batch, gap: Gap?) -> Response {
        // Made at once: adding a field to the others would make the list a second time.
        let headers = HTTPHeaders(Self.fields + [("Last-Event-ID", batch.cursor.description)])
        return Response(.ok, headers: headers, body: ByteBuffer(bytes: batch.json(gap: gap)))
    }
}
