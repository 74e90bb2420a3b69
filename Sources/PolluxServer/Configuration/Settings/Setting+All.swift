import Access
import Channels
import HTTPServing
import Logging
import NIOCore
import SQLiteLedger
import Doors

extension Setting {
    /// All settings, in the order in which they are documented.
    public static let all = server + callback + limits + accessLimits + streams + polls + ledgers

    /// The setting with this key.
    static func named(_ key: String) -> Setting? { self.all.first { $0.key == key } }

    /// `docs/configuration.md` has the same table: a test compares them.
    private static let server = [
        Setting(
            "host", .host, \.host, "the address or name to listen on; `0.0.0.0` for all of IPv4, `::` for all"),
        Setting("port", .count(0...65_535), \.port, "the port to listen on; 0 takes any that is free"),
        Setting(
            "loops", .count(1...1_024), \.loops, unset: "one for each core",
            "the event loops (threads) that serve connections"),
        Setting("publicFolder", .folder, \.publicFolder, "the folder of files that browsers load"),
        Setting("logLevel", .word, \.logLevel, "the least level that is logged"),
        Setting(
            "cors.origins", .origins, \.corsOrigins, unset: "everybody",
            "the origins whose pages may read and write, with credentials"),
        Setting(
            "cors.headers", .fieldNames, \.corsHeaders,
            "further fields that the requests of other origins' pages may have"),
        Setting(
            "publicOrigins", .ownOrigins, \.publicOrigins, unset: "by certificates, listeners and addresses",
            "the origins under which the server itself is reached: their pages may write though `cors.origins` has others"
        ),
        Setting(
            "proxies", .networks, \.forwarding.proxies,
            "the networks of proxies in front of the server, such as `10.0.0.0/8`, which are believed when they say for whom they ask"
        ),
        Setting(
            "forwarded", .word, \.forwarding.field,
            "the field by which `proxies` say it: `forwarded` is `Forwarded`, `xForwardedFor` is `X-Forwarded-For` with `X-Forwarded-Proto`"
        ),
        Setting(
            "access.open", .flag, \.access.open,
            "whether, without `access.rules`, everybody may read, write and drop every channel, not only this machine"),
        Setting(
            "access.token.leeway", .time(from: 0), \.access.leeway,
            "how far the clocks of those who issue tokens may be apart from the server's"),
        Setting(
            "access.token.cookie", .cookieName, \.access.places.cookie,
            "the cookie that has the token of requests without `Authorization`; it counts only for pages of our own origin or of `cors.origins`"
        ),
        Setting(
            "access.token.query", .flag, \.access.places.query,
            "whether the parameter `access_token` counts too, which others on the way may keep in their logs"),
        Setting(
            "access.token.cached", .count(2...10_000_000), \.access.cached,
            "how many tokens are remembered that were verified, so that they are not verified again"),
        Setting(
            "access.ticket.lifetime", .time(from: 1), \.access.ticketLifetime,
            "how long a ticket may wait for its first use"),
        Setting("drain.timeout", .time(from: 0), \.drainTimeout, "how long a stop waits for answers to end"),
    ]

    private static let limits = [
        Setting(
            "limits.headSize", .size(1 << 10...16 << 20), \.limits.headSize, "the most bytes of a request's head"),
        Setting(
            "limits.headerCount", .count(1...10_000), \.limits.headerCount, "the most header fields of a request"),
        Setting(
            "limits.bodySize", .content, \.limits.bodySize,
            "the most bytes of a request's content; grows with `limits.batchSize` and `limits.eventSize`"),
        Setting(
            "limits.address.failureRate", .rate, \.access.failureRate,
            "how many wrong credentials may come from an address (of IPv6 from a /64) before nothing is verified that comes from there"
        ),
        Setting(
            "limits.address.failureBurst", .burst, \.access.failureBurst,
            "how many of them may come at once"),
        Setting("limits.tokenSize", .size(256...16 << 20), \.access.tokenSize, "the most bytes of a token"),
        Setting("limits.batchSize", .content, \.transports.batchSize, "the most bytes of a batch of events"),
        Setting("limits.eventSize", .content, \.transports.eventSize, "the most bytes of an event's type and data"),
        Setting("limits.channels", .count(1...10_000), \.transports.channels, "the most channels of one reader"),
        Setting(
            "limits.connections", .count(1...10_000_000), \.connections, unset: "by the limit of open files",
            "the most connections; what comes beyond is refused"),
        Setting(
            "limits.streams", .count(1...10_000), \.limits.streams,
            "the most requests and streams under way on one HTTP/2 connection"),
        Setting(
            "limits.headTimeout", .timeout, \.limits.headTimeout,
            "how long a request's head may take, and a new connection until its first one"),
        Setting(
            "limits.bodyTimeout", .timeout, \.limits.bodyTimeout,
            "over which span a request's content must bring at least 1 KB/s; it may take as long as it does"),
        Setting(
            "limits.idleTimeout", .timeout, \.limits.idleTimeout,
            "how long a connection may wait for its next request"),
        Setting(
            "limits.lingerTimeout", .timeout, \.limits.lingerTimeout,
            "how long a connection is read on after its last answer, so that the client gets all of it"),
        Setting(
            "limits.pingInterval", .timeout, \.limits.pingInterval,
            "how long an HTTP/2 client may be silent before it is asked whether it is still there"),
    ]

    private static let streams = [
        Setting(
            "stream.retry", .milliseconds(from: 0), \.transports.retryMilliseconds,
            "how long a client waits to reconnect"),
        Setting(
            "stream.retrySpread", .milliseconds(from: 0), \.transports.retrySpreadMilliseconds,
            "over how long reconnections are spread that the server asks for, when it stops or is full"),
        Setting(
            "stream.heartbeat", .time(from: 0), \.transports.heartbeat, "how long a stream may be silent; 0 for ever"),
        Setting("stream.heartbeatForm", .word, \.transports.heartbeatForm, "what a silent stream is sent"),
        Setting(
            "stream.writeTimeout", .timeout, \.limits.writeTimeout,
            "how long a client may take nothing of what is written to it"),
        Setting(
            "stream.polyfillLifetime", .time(from: 1_000), \.transports.polyfillLifetime,
            "how long a stream lasts for a polyfill that gives up after 50 s"),
    ]

    private static let polls = [
        Setting(
            "poll.wait", .time(from: 0), \.transports.pollWait,
            "how long a poll is held that does not say; shrinks with `poll.waitMost`"),
        Setting("poll.waitMost", .time(from: 0), \.transports.pollWaitMost, "how long a poll may ask to be held"),
        Setting("poll.limit", .count(1...1_000_000), \.transports.pollLimit, "the most events in one answer"),
        Setting(
            "poll.size", .content, \.transports.pollSize, "the bytes of events after which an answer takes no more"),
        Setting(
            "poll.retry", .milliseconds(from: 0), \.transports.pollRetryMilliseconds,
            "how long an EventSource waits that is served by polls"),
        Setting(
            "poll.linger", .time(from: 0), \.transports.pollLinger,
            "how long a run of polls still counts as a reader after its last answer"),
        Setting(
            "poll.jsonp", .flag, \.transports.jsonp,
            "whether polls are answered as scripts too, for browsers with nothing else; pages of every origin can read "
                + "those"),
    ]

    private static let ledgers = [
        Setting(
            "ledger", .word, \.ledger,
            "where events are kept: in an SQLite database, or in memory, where they are gone when the process ends"),
        Setting(
            "sqlite.path", .file, \.sqlite.path, "the file of the database; `-wal`, `-shm` and `.mark` lie beside it"),
        Setting(
            "sqlite.durability", .word, \.sqlite.durability,
            "what an answered publish survives: the end of the process, or also that of the machine"),
        Setting(
            "sqlite.maxSize", .size(1 << 20...1 << 50), \.sqlite.maxSize,
            "the most bytes that are used of the file; beyond it the oldest events of all go"),
        Setting(
            "memory.totalBytes", .storage, \.memoryBytes,
            "the most bytes of all events kept in memory, with about 200 for each; beyond it the oldest go"),
        Setting(
            "log.events", .events, \.bridge.logEvents,
            "the most events of a channel that are held ready for its readers, besides the ledger"),
        Setting("log.bytes", .storage, \.bridge.logBytes, "the same in bytes"),
        Setting("log.totalBytes", .storage, \.bridge.totalLogBytes, "the same in bytes, of all channels together"),
        Setting(
            "log.idleTime", .time(from: 0), \.bridge.logIdleTime,
            "how long a channel is held ready when nobody reads it any more"),
        Setting(
            "idempotency.window", .time(from: 0), \.ledgerSettings.idempotencyWindow,
            "how long an idempotency key is remembered"),
        Setting(
            "idempotency.keys", .events, \.ledgerSettings.idempotencyKeys,
            "the most idempotency keys that are remembered"),
    ]
}

// The ranges that several settings share. A deadline is looked at every 100 ms, so shorter timeouts would mean nothing.
extension Form<Int> {
    fileprivate static var content: Form { .size(1...1 << 30) }
    fileprivate static var storage: Form { .size(1...1 << 50) }
    fileprivate static var events: Form { .count(1...1_000_000_000) }
}

extension Form<TimeAmount> {
    fileprivate static var timeout: Form { .time(from: 100) }
}
