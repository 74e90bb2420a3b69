public import NIOCore

/// The limits and habits of the transports.
public struct TransportConfiguration: Sendable {
    /// What a stream sends when it has been silent for a while.
    public enum HeartbeatForm: String, Sendable, CaseIterable {
        /// The line `retry: N`, the one form that breaks no known client.
        case retry
        /// A comment line.
        case comment
        /// An event `pollux.heartbeat`, whose data is the seconds until the next; one comes at the beginning too, with the
        /// opening id. For scripts that want to know whether what is sent gets through.
        case event
    }

    /// How long a client is to wait before it reconnects, in milliseconds; default 3,000.
    public var retryMilliseconds = 3_000
    /// The same at the end of a `poll-sse` answer; default 100.
    public var pollRetryMilliseconds = 100
    /// Over how many milliseconds reconnections are spread that the server asks for, when it stops or is full;
    /// default 5,000.
    public var retrySpreadMilliseconds = 5_000
    /// How long a stream may be silent; default 15 s.
    public var heartbeat = TimeAmount.seconds(15)
    /// Default `retry`.
    public var heartbeatForm = HeartbeatForm.retry
    /// How long a poll is held that does not say; default 25 s.
    public var pollWait = TimeAmount.seconds(25)
    /// How long a poll may be held at most; default 120 s.
    public var pollWaitMost = TimeAmount.seconds(120)
    /// The most events in one answer; default 500.
    public var pollLimit = 500
    /// The bytes of types and data after which an answer takes no more events; default 4 MiB.
    public var pollSize = 4 << 20
    /// For how long a run of polls that nobody goes on with still counts as a reader; default 30 s.
    public var pollLinger = Duration.seconds(30)
    /// How long a stream lasts for a polyfill that gives up after 50 s; default 45 s.
    public var polyfillLifetime = TimeAmount.seconds(45)
    /// Whether polls are answered as scripts too (`transport=jsonp`), which pages of every origin can then read; default
    /// no.
    public var jsonp = false
    /// The most channels of one reader; default 256.
    public var channels = 256
    /// The most bytes of an event's type and data; default 64 KiB.
    public var eventSize = 64 << 10
    /// The most bytes of a batch; default 1 MiB.
    public var batchSize = 1 << 20

    public init() {}
}
