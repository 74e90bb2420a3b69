public import PolluxClient

/// What is done to a server: who reads, what is published, how fast.
public struct Workload: Sendable {
    /// How readers are served.
    public enum Transport: String, CaseIterable, Sendable {
        /// A stream of events that stays open.
        case eventStream = "event-stream"
        /// Long polling: each request is answered with what came since the last.
        case poll
    }

    /// The version of HTTP that readers speak. Publishing is HTTP/1.1 always.
    public enum HTTPVersion: String, CaseIterable, Sendable {
        /// A connection each.
        case http1 = "1.1"
        /// Many readers on one connection.
        case http2 = "2"
    }

    /// When it is enough.
    public enum Amount: Equatable, Sendable {
        /// After so many events.
        case events(Int)
        /// After so many seconds.
        case seconds(Double)
    }

    public var server: ServerURL
    /// How many readers, spread over the channels; default 1,000.
    public var readers = 1_000
    public var transport = Transport.eventStream
    /// How many channels; events go to them in turn. Default 1.
    public var channels = 1
    /// Default 100 events.
    public var amount = Amount.events(100)
    /// Events a second; 0 is as fast as answers come. Default 20.
    public var rate = 20.0
    /// The most publishes that wait for their answer; default 32.
    public var window = 32
    /// The bytes of an event's data, at least ``minimumSize``; default 100.
    public var size = 100
    public var version = HTTPVersion.http1
    /// How many connections the readers share where the version lets them.
    public var connections = 10
    /// The threads that readers are served by; default 1. Publishing has its own.
    public var loops = 1
    /// The server's processes on this machine, to measure; may be empty.
    public var processes: [Int32] = []
    /// Tokens or keys that are shown, in turn: reader `i` shows number `i % count`, the publisher the first. Empty for none.
    public var credentials: [String] = []
    /// Where channel `{channel}` is read.
    public var readPath = Self.standardPath
    /// Where an event is posted.
    public var writePath = Self.standardPath
    /// What lies between the socket and HTTP.
    public var road = Road.plain

    /// The path of a channel at a Pollux server.
    public static let standardPath = "/channels/bench-{channel}"
    /// The least bytes of data: what a ``Stamp`` takes.
    public static let minimumSize = Stamp.length

    public init(server: ServerURL) {
        self.server = server
    }

    /// The connections that will be open, the publisher's too.
    public var connectionCount: Int {
        (self.version == .http1 ? self.readers : min(self.connections, self.readers)) + 1
    }

    /// How many readers the channel has: reader `i` reads channel `i % channels`.
    func readerCount(ofChannel channel: Int) -> Int {
        (self.readers - channel + self.channels - 1) / self.channels
    }

    /// Which of the credentials reader `i` shows.
    func credential(ofReader reader: Int) -> Int? {
        self.credentials.isEmpty ? nil : reader % self.credentials.count
    }

    func readTarget(ofChannel channel: Int) -> String { self.target(self.readPath, channel) }
    func writeTarget(ofChannel channel: Int) -> String { self.target(self.writePath, channel) }

    private func target(_ template: String, _ channel: Int) -> String {
        self.server.prefix + template.replacing("{channel}", with: "\(channel)")
    }
}
