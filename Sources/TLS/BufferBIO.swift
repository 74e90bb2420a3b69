import COpenSSL
import NIOCore

/// What OpenSSL reads from and writes to in place of a socket: two buffers. Owner: its session.
final class BufferBIO {
    /// What came from the peer and was not looked at yet.
    var input = ByteBuffer()
    /// What is to be sent to the peer.
    var output = ByteBuffer()

    /// A BIO of OpenSSL on these buffers. It does not keep them alive.
    func makeBIO() throws(OpenSSLError) -> OpaquePointer {
        let bio = try OpenSSLError.require(BIO_new(Self.method))
        BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        BIO_set_init(bio, 1)
        return bio
    }

    private nonisolated(unsafe) static let method: OpaquePointer? = {
        let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ByteBuffer")
        BIO_meth_set_read(method) { bio, bytes, count in BufferBIO.of(bio)?.read(bio, bytes, count) ?? -1 }
        BIO_meth_set_write(method) { bio, bytes, count in BufferBIO.of(bio)?.write(bio, bytes, count) ?? -1 }
        BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
        return method
    }()

    private static func of(_ bio: OpaquePointer?) -> BufferBIO? {
        BIO_get_data(bio).map { Unmanaged<BufferBIO>.fromOpaque($0).takeUnretainedValue() }
    }

    private func read(_ bio: OpaquePointer?, _ bytes: UnsafeMutablePointer<CChar>?, _ count: CInt) -> CInt {
        pollux_BIO_clear_retry(bio)
        let count = min(Int(count), self.input.readableBytes)
        guard let bytes, count > 0 else {
            pollux_BIO_want_more(bio)
            return -1
        }
        self.input.readWithUnsafeReadableBytes { source in
            UnsafeMutableRawBufferPointer(start: bytes, count: count).copyMemory(
                from: .init(rebasing: source.prefix(count)))
            return count
        }
        return CInt(count)
    }

    private func write(_ bio: OpaquePointer?, _ bytes: UnsafePointer<CChar>?, _ count: CInt) -> CInt {
        pollux_BIO_clear_retry(bio)
        guard let bytes, count > 0 else { return 0 }
        self.output.writeBytes(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
        return count
    }
}

@available(*, unavailable)
extension BufferBIO: Sendable {}
