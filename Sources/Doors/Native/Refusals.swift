package import Channels
import EventStream
package import HTTPServing
import NIOCore
import NIOHTTP1

extension Response {
    /// Tells an EventSource to come back later. No status does: any but 200 makes it give up for good. A comment tells it from
    /// a poll that had nothing to say.
    static func refusedStream(_ configuration: TransportConfiguration) -> Response {
        var content = Array(": refused\n".utf8)
        EventStreamEncoder.appendRetry(milliseconds: configuration.spreadRetry(), to: &content)
        return Response(.ok, headers: EventStreamTransport.headers, body: ByteBuffer(bytes: content))
    }
}

extension Request {
    /// - Throws: ``Problem`` (415) if the content is compressed, or encoded in another way.
    func requireNoEncoding() throws(Problem) {
        guard let encoding = self.contentEncoding else { return }
        throw Problem(
            .unsupportedMediaType, "Unsupported media type",
            detail: "Content-Encoding: \(encoding) is not taken; send the content as it is")
    }
}

extension Request {
    /// - Throws: ``Problem`` (503, or 429) if the server, or the client's address, has as many connections as it may, and this one only
    ///   gets refusals.
    package func requireCapacity() throws(Problem) {
        if let refusal = self.peer.refusal { throw refusal }
    }
}

extension Problem {
    /// What a client is told that the ledger cannot serve.
    package init(_ error: LedgerError) {
        switch error.kind {
        case .tooManyKeys, .tooManyRecords:
            self.init(.tooManyRequests, "Too many requests", detail: "\(error)", retryAfter: 60)
        default: self = .unavailable("the ledger is not available: \(error)", retryAfter: 2)
        }
    }
}
