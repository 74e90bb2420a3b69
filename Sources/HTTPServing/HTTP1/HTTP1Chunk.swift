import NIOCore

/// Chunks: how HTTP/1.1 frames content whose length is not known when its head is sent (RFC 9112, section 7.1).
extension ByteBuffer {
    /// Appends content as one chunk. No content is no chunk: one without any would be the last.
    mutating func writeChunk(_ content: some Collection<UInt8>) {
        guard !content.isEmpty else { return }
        let size = String(content.count, radix: 16)
        self.reserveCapacity(minimumWritableBytes: size.utf8.count + content.count + 4)
        self.writeString(size)
        self.writeStaticString("\r\n")
        self.writeBytes(content)
        self.writeStaticString("\r\n")
    }

    /// Appends the chunk that ends the content.
    mutating func writeLastChunk() {
        self.writeStaticString("0\r\n\r\n")
    }
}
