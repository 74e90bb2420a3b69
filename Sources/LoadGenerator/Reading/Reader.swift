/// One reader, over all its connections: what it has got, and where it goes on. Belongs to the loop of its crew.
///
/// Knows neither sockets nor HTTP's versions: it is told of answers and their content.
final class Reader {
    enum State {
        case idle
        case connecting
        case open
    }

    let index: Int
    let channel: Int
    var state = State.idle
    private(set) var arrivals = Arrivals()
    private(set) var cursor = Cursor()
    private var content: Content

    private enum Content {
        case stream(EventStreamScanner)
        /// Those found in the answer at hand count when it is complete: one that is cut off is asked for again.
        case poll(StampFinder, found: [Stamp])
    }

    init(index: Int, channel: Int, transport: Workload.Transport) {
        self.index = index
        self.channel = channel
        self.content =
            switch transport {
            case .eventStream: .stream(EventStreamScanner())
            case .poll: .poll(StampFinder(), found: [])
            }
    }

    /// Content of an answer has come.
    func received(_ bytes: UnsafeRawBufferPointer, run: RunClock, tally: inout Tally) {
        switch self.content {
        case .stream(var scanner):
            self.content = .stream(EventStreamScanner.none)
            self.scan(&scanner, bytes, run, &tally)
            self.content = .stream(scanner)
        case .poll(var finder, var found):
            self.content = .stream(EventStreamScanner.none)
            finder.find(bytes) { found.append($0) }
            self.content = .poll(finder, found: found)
        }
    }

    private func scan(
        _ scanner: inout EventStreamScanner, _ bytes: UnsafeRawBufferPointer, _ run: RunClock, _ tally: inout Tally
    ) {
        let now = run.now
        var offset = 0
        while let block = scanner.next(bytes, from: &offset) {
            switch block {
            case .event(let stamp): self.count(stamp, run, now, &tally)
            case .gap: tally.gaps += 1
            case .other: break
            }
        }
    }

    /// An answer is complete, as it should be for a poll; an event stream has ended.
    ///
    /// - Parameter next: What the answer's fields say about where to go on.
    func answerEnded(next: Cursor, run: RunClock, tally: inout Tally) {
        self.cursor.update(from: next)
        switch self.content {
        case .stream:
            self.connectionLost()
        case .poll(var finder, var found):
            self.content = .stream(EventStreamScanner.none)
            let now = run.now
            for stamp in found { self.count(stamp, run, now, &tally) }
            found.removeAll(keepingCapacity: found.capacity <= 64)
            finder.answerEnded()
            self.content = .poll(finder, found: found)
        }
    }

    /// An answer will never be complete.
    func connectionLost() {
        switch self.content {
        case .stream(var scanner):
            scanner.streamEnded()
            scanner.lastEventID.withUnsafeBytes { if !$0.isEmpty { self.cursor.setLastEventID($0) } }
            self.content = .stream(scanner)
        case .poll:
            self.content = .poll(StampFinder(), found: [])
        }
    }

    private func count(_ stamp: Stamp, _ run: RunClock, _ now: Nanoseconds, _ tally: inout Tally) {
        guard stamp.run == run.id else { return }
        tally.count(self.arrivals.arrived(Int(stamp.number)), sent: stamp.sent, at: now)
    }
}

extension EventStreamScanner {
    /// Stands in for one that is in use, so that there is only one owner of its buffers.
    fileprivate static let none = EventStreamScanner()
}

@available(*, unavailable)
extension Reader: Sendable {}
