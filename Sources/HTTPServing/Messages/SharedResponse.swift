import NIOCore

/// A response that many are given, with the bytes in which it goes to most of them: the first connection that sends it makes
/// them, for those that would send the same. Owner: the event loop of these connections.
public final class SharedResponse {
    /// A head and its content, as long as the fields in it are true that every answer has.
    private struct Encoded {
        let bytes: ByteBuffer
        /// The value of the field `Date`.
        let date: String
        /// The value of the field `Strict-Transport-Security`.
        let transportSecurity: String?
    }

    public let response: Response
    private var encoded: Encoded?

    public init(_ response: Response) {
        self.response = response
    }

    /// The bytes that were made with the same fields, otherwise new ones, which are kept in their place.
    func bytes(date: String, transportSecurity: String?, encode: () -> ByteBuffer) -> ByteBuffer {
        if let encoded, encoded.date == date, encoded.transportSecurity == transportSecurity { return encoded.bytes }
        let bytes = encode()
        self.encoded = Encoded(bytes: bytes, date: date, transportSecurity: transportSecurity)
        return bytes
    }
}

@available(*, unavailable)
extension SharedResponse: Sendable {}
