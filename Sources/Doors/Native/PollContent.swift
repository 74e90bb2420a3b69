import Channels
import Fanout
import HTTPServing
import NIOCore
import NIOHTTP1

/// The JSON that a poll is answered with.
enum PollContent {
    static let headers: HTTPHeaders = [
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    ]

    static func response(_ batch: Batch, gap: Gap?) -> Response {
        var headers = Self.headers
        headers.add(name: "Last-Event-ID", value: batch.cursor.description)
        return Response(.ok, headers: headers, body: ByteBuffer(bytes: batch.json(gap: gap)))
    }
}
