import NIOCore
import NIOHTTP1

/// An event to be published.
public struct OutgoingEvent: Equatable, Sendable {
    /// The data, UTF-8.
    public var data: [UInt8]
    /// The event type; `nil` for `message`.
    public var type: String?
    /// The idempotency key, by which the server knows a repetition; `nil` for none.
    public var key: String?
    /// Whether the data is JSON, which the server then checks and makes compact; else it is text.
    public var isJSON: Bool

    /// Puts an event together.
    public init(data: [UInt8], type: String? = nil, key: String? = nil, isJSON: Bool = false) {
        self.data = data
        self.type = type
        self.key = key
        self.isJSON = isJSON
    }
}

extension ClientRequest {
    static func publish(_ event: OutgoingEvent, to channel: String) -> ClientRequest {
        let query = event.type.map { "?event=" + String(percentEncoding: $0.utf8) } ?? ""
        var headers: HTTPHeaders = [
            "Content-Type": event.isJSON ? "application/json" : "text/plain; charset=utf-8",
            "Accept": "application/json",
        ]
        if let key = event.key { headers.add(name: "Idempotency-Key", value: key) }
        return ClientRequest(
            method: .POST, target: "/channels/" + String(percentEncoding: channel.utf8) + query, headers: headers,
            body: ByteBuffer(bytes: event.data))
    }
}
