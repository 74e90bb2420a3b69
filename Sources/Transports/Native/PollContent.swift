import Channels
import HTTPServing
import JSON
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
        return Response(.ok, headers: headers, body: ByteBuffer(bytes: Self.bytes(batch, gap: gap)))
    }

    private static func bytes(_ batch: Batch, gap: Gap?) -> [UInt8] {
        var bytes = Array("{\"events\":[".utf8)
        bytes.reserveCapacity(batch.events.reduce(128) { $0 + $1.size + 160 })
        for (index, event) in batch.events.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            Self.append(event, id: batch.id(of: event), to: &bytes)
        }
        bytes.append(contentsOf: "],\"next\":".utf8)
        JSON.appendQuoted(batch.cursor.bytes, to: &bytes)
        bytes.append(contentsOf: ",\"gap\":".utf8)
        bytes.append(contentsOf: gap?.json ?? Array("null".utf8))
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private static func append(_ event: Event, id: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(contentsOf: "{\"id\":".utf8)
        JSON.appendQuoted(id, to: &bytes)
        bytes.append(contentsOf: ",\"channel\":".utf8)
        JSON.appendQuoted(event.channel.bytes, to: &bytes)
        bytes.append(contentsOf: ",\"event\":".utf8)
        JSON.appendQuoted(event.shownType, to: &bytes)
        bytes.append(contentsOf: ",\"data\":".utf8)
        JSON.appendQuoted(event.data, to: &bytes)
        bytes.append(contentsOf: ",\"time\":".utf8)
        bytes.append(decimal: UInt64(event.time))
        bytes.append(UInt8(ascii: "}"))
    }
}
