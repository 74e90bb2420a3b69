import NIOCore
import NIOPosix

/// Sends a part of a file piece by piece, each read when the connection has taken the last. Owner: the exchange's event
/// loop; in the pool it is only the file that is read.
final class FileStream: ExchangeDelegate {
    /// How much is read at once, in bytes.
    static let pieceSize = 128 << 10

    private enum State {
        /// A piece is being read.
        case reading
        /// The connection is to take the last piece before the next is read.
        case blocked
        /// All is sent, or nobody is there to take it.
        case over
    }

    private let file: OpenFile
    private let share: FileShare
    private var rest: Range<Int>
    private let exchange: any Exchange
    private let pool: NIOThreadPool
    private var state = State.blocked

    init(
        _ file: OpenFile, _ range: Range<Int>, _ share: FileShare, on exchange: any Exchange, _ pool: NIOThreadPool
    ) {
        self.file = file
        self.share = share
        self.rest = range
        self.exchange = exchange
        self.pool = pool
    }

    func begin(_ head: Response) {
        self.exchange.beginStream(head)
        // Of a connection that has gone nobody would be told, and so never let go.
        guard self.exchange.hasBegunStream else { return }
        self.exchange.delegate = self
        self.readNext()
    }

    private func readNext() {
        guard !self.rest.isEmpty else { return self.end() }
        self.state = .reading
        let piece = self.rest.prefix(Self.pieceSize)
        self.pool.runIfActive(eventLoop: self.exchange.eventLoop) { [file] in file.read(piece) }
            .assumeIsolated().whenComplete { self.hasRead(try? $0.get()) }
    }

    /// - Parameter piece: `nil` if the file was cut short. Then the connection ends before the length that was
    ///   promised, by which the client knows (RFC 9112, section 8).
    private func hasRead(_ piece: ByteBuffer?) {
        guard case .reading = self.state else { return }
        guard let piece else { return self.end() }
        self.rest = self.rest.dropFirst(piece.readableBytes)
        self.state = .blocked
        if self.exchange.write(piece) { self.readNext() }
    }

    private func end() {
        self.state = .over
        self.exchange.end()
    }

    func writable() {
        guard case .blocked = self.state else { return }
        self.readNext()
    }

    func closed() {
        self.state = .over
    }

    func inputClosed() {}

    func deadlineReached(_ now: NIODeadline) {}

    /// The file's end is its end.
    func drain() {}
}

@available(*, unavailable)
extension FileStream: Sendable {}
