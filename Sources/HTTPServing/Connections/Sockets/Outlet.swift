import NIOCore
import TLS

/// Where a connection's bytes go: to the client's socket, encrypted or not. All that connections know of it is that
/// what they send is sent, at once as far as the system takes it, and whether something is pending. Owner: the
/// connection's event loop.
///
/// It goes past NIO's pipeline. Of what an event costs one reader, a call through the pipeline was four percent, under
/// TLS a tenth.
struct Outlet {
    private let socket: SocketHandler
    /// `nil` if nothing is encrypted.
    private let tls: TLSHandler?
    private let ciphertext: Ciphertext

    /// - Parameter ciphertext: The loop's.
    init(_ socket: SocketHandler, tls: TLSHandler? = nil, by ciphertext: Ciphertext) {
        self.socket = socket
        self.tls = tls
        self.ciphertext = ciphertext
    }

    /// Whether the system has not taken all that was sent.
    var hasPending: Bool { self.socket.hasPending }

    /// How many bytes were sent, in all.
    var bytesSent: Int { self.socket.bytesWritten }

    /// How many of them the client has still to acknowledge.
    var bytesLeft: Int { self.socket.bytesLeft }

    /// How many of them the client has acknowledged.
    var bytesTaken: Int { self.bytesSent - self.bytesLeft }

    /// What the client has shown to be under TLS.
    var peerCertificate: TLSPeerCertificate? { self.tls?.peerCertificate }

    func send(_ bytes: ByteBuffer) {
        guard let tls = self.tls else { return self.socket.send(bytes) }
        if tls.encrypt(bytes, into: &self.ciphertext.bytes) {
            self.socket.send(self.ciphertext.bytes)
            self.ciphertext.reuse(isPending: self.socket.hasPending)
        } else {
            tls.writeAndFlush(bytes)
        }
    }

    /// Whether what still comes is thrown away: a client that is sent off gets to read why only if its bytes are taken.
    var discardsInput: Bool {
        get { self.socket.discardsInput }
        nonmutating set { self.socket.discardsInput = newValue }
    }

    /// See ``SocketHandler/acknowledgeWithAnswers()``.
    func acknowledgeWithAnswers() { self.socket.acknowledgeWithAnswers() }
}

/// Encrypted bytes on their way to a socket. All connections of a loop share one buffer, so that a delivery allocates
/// none. Owner: the event loop.
final class Ciphertext {
    /// From this size on, in bytes, the memory is given back at once.
    private static let keptCapacity = 128 << 10

    fileprivate var bytes = ByteBuffer()

    /// What a socket has not taken keeps the buffer for itself, and a large one is not kept at all.
    fileprivate func reuse(isPending: Bool) {
        if isPending || self.bytes.capacity > Self.keptCapacity { self.bytes = ByteBuffer() }
    }
}

@available(*, unavailable)
extension Outlet: Sendable {}

@available(*, unavailable)
extension Ciphertext: Sendable {}
