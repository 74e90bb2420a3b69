import NIOCore
import NIOPosix
import TLS

/// All readers of one event loop, which it belongs to: opens them, a few at a time, and brings back those that end.
///
/// A connection's handler tells it what becomes of a reader; when to connect again is decided here.
final class Crew {
    /// What can be seen from other threads.
    struct Snapshot: Sendable {
        var open = 0
        var tally = Tally()
        /// Why it makes no sense to go on.
        var failure: LoadError?
    }

    /// How long a reader waits before it comes back.
    private static let reconnectDelay = TimeAmount.seconds(1)

    let eventLoop: any EventLoop
    let workload: Workload
    let run: RunClock
    var tally = Tally()
    let readers: [Reader]
    /// The requests of the readers, as far as they are the same.
    private var requests: [RequestKey: ReadRequest] = [:]

    private let dialer: Dialer
    private let mostConnecting: Int
    private var connecting = 0
    private var nextToOpen = 0
    private var open = 0
    private var failure: LoadError?
    /// With HTTP/2: the connections that readers share, by their number.
    private var shared: [Int: SharedConnection] = [:]
    /// The run is over: nothing is brought back any more.
    private var isEnding = false

    private struct RequestKey: Hashable {
        let channel: Int
        /// Its number.
        let credential: Int?
    }

    private enum SharedConnection {
        case connecting(waiting: [Reader])
        case open(HTTP2ReadersHandler)
    }

    /// - Parameters:
    ///   - number: Which of the workload's crews it is, from 0: reader `i` belongs to crew `i % loops`.
    ///   - mostConnecting: How many readers may be on their way at a time.
    init(
        _ workload: Workload, number: Int, of run: RunClock, dialer: Dialer, mostConnecting: Int,
        on eventLoop: any EventLoop
    ) {
        self.workload = workload
        self.run = run
        self.dialer = dialer
        self.mostConnecting = max(1, mostConnecting)
        self.eventLoop = eventLoop
        self.readers = stride(from: number, to: workload.readers, by: workload.loops).map {
            Reader(index: $0, channel: $0 % workload.channels, transport: workload.transport)
        }
    }

    var snapshot: Snapshot {
        Snapshot(open: self.open, tally: self.tally, failure: self.failure)
    }

    /// How many events its readers have not got that they should have.
    ///
    /// - Parameters:
    ///   - sent: How many were sent, by channel.
    ///   - failed: The numbers of those that were refused or not answered, by channel.
    func lost(sent: [Int], failed: [[Int]]) -> Int {
        self.readers.reduce(0) { $0 + $1.arrivals.lost(sent: sent[$1.channel], failed: failed[$1.channel]) }
    }

    /// Begins to open its readers.
    func start() {
        self.openMore()
    }

    func end() {
        self.isEnding = true
    }

    func request(of reader: Reader) -> ReadRequest {
        let key = RequestKey(
            channel: reader.channel, credential: self.workload.credential(ofReader: reader.index))
        if let request = self.requests[key] { return request }
        let request = ReadRequest(
            self.workload, channel: key.channel, credential: key.credential.map { self.workload.credentials[$0] })
        self.requests[key] = request
        return request
    }
}

// MARK: - What becomes of a reader

extension Crew {
    /// The server has let the reader in.
    func opened(_ reader: Reader) {
        guard reader.state == .connecting else { return }
        reader.state = .open
        self.connecting -= 1
        self.open += 1
        self.openMore()
    }

    /// The reader's stream or connection has ended, or there was none.
    func closed(_ reader: Reader) {
        switch reader.state {
        case .idle: return
        case .connecting: self.connecting -= 1
        case .open: self.open -= 1
        }
        reader.state = .idle
        reader.connectionLost()
        guard !self.isEnding else { return }
        self.tally.closed += 1
        self.eventLoop.assumeIsolated().scheduleTask(in: Self.reconnectDelay) { self.connect(reader) }
        self.openMore()
    }

    /// A connection ended with this error. One that comes again on every other makes it senseless to go on.
    func failed(_ error: any Error) {
        guard case TLSError.untrusted(let reason) = error, self.failure == nil else { return }
        self.failure = .untrusted(reason)
    }

    /// The answer was no success. Its connection will end.
    func refused(_ reader: Reader, status: Int) {
        self.tally.refused += 1
        if self.failure == nil { self.failure = .refused(status: status) }
    }

    /// There is no connection.
    func unreachable(_ reason: String) {
        if self.failure == nil { self.failure = .unreachable(reason) }
    }
}

// MARK: - Connecting

extension Crew {
    private func openMore() {
        while !self.isEnding, self.failure == nil, self.connecting < self.mostConnecting,
            self.nextToOpen < self.readers.count
        {
            let reader = self.readers[self.nextToOpen]
            self.nextToOpen += 1
            self.connect(reader)
        }
    }

    private func connect(_ reader: Reader) {
        guard !self.isEnding, reader.state == .idle else { return }
        reader.state = .connecting
        self.connecting += 1
        switch self.workload.version {
        case .http1: self.connectAlone(reader)
        case .http2: self.join(reader)
        }
    }

    private func connectAlone(_ reader: Reader) {
        let handler = HTTP1ReaderHandler(reader, of: self)
        self.dial(number: reader.index, { [handler] }) { isConnected in
            if !isConnected { self.closed(reader) }
        }
    }

    /// Reader `i` of a crew shares connection `i % n` of its n.
    private func join(_ reader: Reader) {
        let count = max(1, self.workload.connections / self.workload.loops)
        let number = reader.index / self.workload.loops % count
        switch self.shared[number] {
        case .open(let handler):
            handler.open(reader)
        case .connecting(let waiting):
            self.shared[number] = .connecting(waiting: waiting + [reader])
        case nil:
            self.shared[number] = .connecting(waiting: [reader])
            let handler = HTTP2ReadersHandler(number: number, of: self)
            self.dial(number: number, { HTTP2ReadersHandler.handlers(before: handler) }) { isConnected in
                if !isConnected { self.sharedConnectionEnded(number) }
            }
        }
    }

    func sharedConnectionBegan(_ number: Int, _ handler: HTTP2ReadersHandler) {
        guard case .connecting(let waiting) = self.shared[number] else { return }
        self.shared[number] = .open(handler)
        for reader in waiting { handler.open(reader) }
    }

    /// Those that were on it are told by its handler.
    func sharedConnectionEnded(_ number: Int) {
        guard let connection = self.shared.removeValue(forKey: number) else { return }
        if case .connecting(let waiting) = connection {
            for reader in waiting { self.closed(reader) }
        }
    }

    private func dial(
        number: Int, _ handlers: @escaping () -> [any ChannelHandler], then done: @escaping (Bool) -> Void
    ) {
        self.dialer.dial(number, on: self.eventLoop, self.workload.version, handlers)
            .assumeIsolated().whenComplete { result in
                switch result {
                case .success:
                    done(true)
                case .failure(let error):
                    self.unreachable(Dialer.reason(error))
                    done(false)
                }
            }
    }
}

@available(*, unavailable)
extension Crew: Sendable {}
