import Fanout
import HTTPServing

/// Blocks of an event stream, for all streams that are given the batch.
enum EventStreamEncoding: Encoding {
    static func encode(_ batch: Batch) -> SharedBytes { SharedBytes(batch.blocks()) }
}

/// The same with channel and type in the data.
enum EnvelopeEncoding: Encoding {
    static func encode(_ batch: Batch) -> SharedBytes { SharedBytes(batch.envelopedBlocks()) }
}

/// The response to polls that are given exactly the batch.
enum PollEncoding: Encoding {
    static func encode(_ batch: Batch) -> SharedResponse { SharedResponse(PollContent.response(batch, gap: nil)) }
}

extension Batch {
    /// The batch as blocks of an event stream.
    func blocks(envelope: Bool) -> SharedBytes {
        envelope ? self.encoded(EnvelopeEncoding.self) : self.encoded(EventStreamEncoding.self)
    }
}
