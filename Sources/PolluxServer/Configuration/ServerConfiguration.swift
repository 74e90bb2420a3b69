public import Channels
public import HTTPServing
public import Logging
public import SQLiteLedger
public import Sources
public import Doors

/// All that a server can be told; what is left out has its default.
public struct ServerConfiguration: Sendable {
    /// Where events are kept.
    public enum LedgerKind: String, Sendable, CaseIterable {
        /// In an SQLite database: there again when the server is started again.
        case sqlite
        /// In memory: gone when the process ends.
        case memory
    }

    /// The address or name to listen on, in the clear; default `127.0.0.1`.
    public var host = Listener().host
    /// The port to listen on; 0 takes any that is free; default 8080.
    public var port = Listener().port
    public var limits = Limits()
    /// Where to listen, in place of ``host`` and ``port``; default: nowhere else.
    public var listen: [ListenConfiguration] = []
    public var transports = TransportConfiguration()
    public var ledger = LedgerKind.sqlite
    /// What is kept and for how long, by whichever ledger.
    public var ledgerSettings = LedgerSettings()
    public var sqlite = SQLiteLedger.Configuration()
    /// The most bytes of a ledger in memory; default 256 MiB.
    public var memoryBytes = 256 << 20
    public var bridge = Bridge.Configuration()
    /// How many event loops serve connections; default: one for each core.
    public var loops: Int?
    /// The folder of files that browsers load; `nil` for none.
    public var publicFolder: String? = "Public"
    /// How long a stop may take; default 10 s.
    public var drainTimeout = Duration.seconds(10)
    /// What publishes by itself.
    public var sources: [SourceConfiguration] = []
    /// The least level that is logged; default `info`.
    public var logLevel = Logger.Level.info
    /// The most connections; `nil`, the default, leaves the number to whoever knows the limit of open files. Setting it
    /// sets ``Limits/connections``.
    public var connections: Int? {
        didSet { self.limits.connections = self.connections ?? Limits().connections }
    }
    /// The origins whose pages may read and write; default: none, so everybody may.
    public var corsOrigins: [String] = []
    /// The fields that requests of other origins' pages may have besides those that always may; default: none.
    public var corsHeaders: [String] = []
    /// The server's own origins, whose pages may write whatever ``corsOrigins`` says; default: none, so that it goes by the
    /// names that it knows to be its own.
    public var publicOrigins: [String] = []
    /// Which proxies are believed when they say for whom they ask; default: none.
    public var forwarding = Forwarding()

    /// Who may do what.
    public var access = AccessConfiguration()

    public init() {}
}

/// Where to listen, and how.
public struct ListenConfiguration: Sendable, Equatable {
    public var host: String
    public var port: Int
    /// Without it connections are plain.
    public var tls: TLSFiles?
    /// Whether clients are only sent to the first listener with TLS.
    public var redirects = false
    /// Whether each connection must begin with a PROXY header.
    public var proxyProtocol = false

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}
