public import NIOCore

/// A piece of content for many connections. It has each form in which one of them sends it, so that writing it costs
/// nothing but the reference to bytes that exist already.
public final class SharedBytes: Sendable {
    /// The bytes themselves.
    public let content: ByteBuffer
    /// The same as one chunk of HTTP/1.1. Both forms lie in one place in memory.
    let chunk: ByteBuffer

    public init(_ content: [UInt8]) {
        var chunk = ByteBuffer()
        chunk.writeChunk(content)
        // The chunk ends with CR and LF.
        let start = chunk.readableBytes - content.count - 2
        self.content = chunk.getSlice(at: start, length: content.count) ?? ByteBuffer()
        self.chunk = chunk
    }
}
