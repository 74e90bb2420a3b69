import Channels
import HTTPServing
import JSON
import NIOCore
import NIOHTTP1

/// What a publisher is answered.
enum PublishAnswer {
    static func response(
        _ result: Result<PublishOutcome, LedgerError>, to request: PublishRequest, in lineage: Lineage
    ) -> Response {
        switch result {
        case .success(.appended(let receipt)):
            return Self.response(.created, receipt, request, lineage)
        case .success(.replayed(let receipt)):
            var response = Self.response(.ok, receipt, request, lineage)
            response.headers.add(name: "Idempotency-Replayed", value: "true")
            return response
        case .success(.keyConflict):
            let detail = "Idempotency-Key: was used in this channel for another event; take a new key for a new event"
            return Problem.unprocessable(detail).response
        case .failure(let error):
            return Problem(error).response
        }
    }

    private static func response(
        _ status: HTTPResponseStatus, _ receipt: Receipt, _ request: PublishRequest, _ lineage: Lineage
    ) -> Response {
        let id = lineage.id(ofEvent: receipt.last)
        let headers: HTTPHeaders = [
            "Content-Type": "application/json", "Cache-Control": "no-store", "Last-Event-ID": id.description,
        ]
        let content = request.isBatch ? Self.ids(receipt, lineage) : Self.event(receipt, request, lineage)
        return Response(status, headers: headers, body: ByteBuffer(bytes: content))
    }

    private static func event(_ receipt: Receipt, _ request: PublishRequest, _ lineage: Lineage) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(request.publication.channel.bytes.count + 128)
        bytes.append(contentsOf: "{\"id\":".utf8)
        JSON.appendQuoted(lineage.id(ofEvent: receipt.first).bytes, to: &bytes)
        bytes.append(contentsOf: ",\"channel\":".utf8)
        JSON.appendQuoted(request.publication.channel.bytes, to: &bytes)
        bytes.append(contentsOf: ",\"time\":".utf8)
        bytes.append(decimal: UInt64(receipt.time))
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private static func ids(_ receipt: Receipt, _ lineage: Lineage) -> [UInt8] {
        var bytes = Array("{\"ids\":[".utf8)
        for index in 0..<receipt.count {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            JSON.appendQuoted(lineage.id(ofEvent: receipt.first.advanced(by: index)).bytes, to: &bytes)
        }
        bytes.append(contentsOf: "]}".utf8)
        return bytes
    }
}
