public import ArgumentParser
import LoadGenerator
import PolluxClient
import PolluxServer
import TLS

/// `pollux bench`: what a server can take.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Load a server with readers and events, and measure it.",
        discussion: """
            Opens all readers, waits a second, publishes, and waits until every event has come to every reader or \
            nothing has come for 5 s. Events bear the time they were sent and a number, so each reader counts exactly \
            what was lost, repeated or out of order. Readers that are closed come back with their cursor.

            The report, shortened:

              delivered                   100,000
                a second                   20,176
              lost                              0
              latency p50                       7.668      ms
              latency p99                      19.006      ms
              server CPU a delivery            10.90       µs
              server memory a reader            3.41       KB

            EXAMPLES
              pollux bench --readers 5000 --rate 10
              pollux bench http://push.example.com --transport poll --duration 30
              pollux bench --rate 0 --window 32 --events 1000 --pid $(pidof pollux) --json
              pollux bench --http 2 --readers 10000 --connections 100
              pollux bench https://push.example.com --token-file tokens.txt
            """)

    /// The most bytes of publishes that wait for their answer: they are held in memory.
    private static let mostUnanswered = 1 << 30
    /// An event loop has some descriptors of its own.
    private static let filesOfLoop = 3
    private static let otherFiles = 64

    @Argument(help: ArgumentHelp("Where the server is. (default: \(ServerURL.standard))", valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("How many readers.", valueName: "n"))
    var readers = 1_000

    @Option(help: "How readers are served: as a stream of events, or by long polling.")
    var transport = Workload.Transport.eventStream

    @Option(help: ArgumentHelp("How many channels the readers and events are spread over.", valueName: "n"))
    var channels = 1

    @Option(help: ArgumentHelp("How many events to publish. (default: 100)", valueName: "n"))
    var events: Int?

    @Option(help: ArgumentHelp("Publish for so many seconds instead.", valueName: "seconds"))
    var duration: Double?

    @Option(help: ArgumentHelp("Events a second; 0 is as fast as the server answers.", valueName: "n"))
    var rate = 20.0

    @Option(help: ArgumentHelp("The most publishes that wait for their answer.", valueName: "n"))
    var window = 32

    @Option(help: ArgumentHelp("The size of an event's data, at least \(Workload.minimumSize).", valueName: "bytes"))
    var size = 100

    @Option(help: "The version of HTTP of the readers; events are published over 1.1.")
    var http = Workload.HTTPVersion.http1

    @Option(
        help: ArgumentHelp(
            "With HTTP/2: how many connections the readers share. (default: one for 100 readers)", valueName: "n"))
    var connections: Int?

    @Option(help: ArgumentHelp("The threads that serve the readers.", valueName: "n"))
    var loops = 1

    @Option(
        help: ArgumentHelp(
            "A process of the server on this machine, to measure its CPU and memory; may be repeated.", valueName: "pid"
        ))
    var pid: [Int32] = []

    @Option(help: ArgumentHelp("Where a channel is read.", valueName: "path"))
    var readPath = Workload.standardPath

    @Option(help: ArgumentHelp("Where events are posted, as text/plain.", valueName: "path"))
    var writePath = Workload.standardPath

    @Option(help: ArgumentHelp("For https: the certificates to trust.", valueName: "file"))
    var cacert: String?

    @Flag(help: "For https: trust any certificate.")
    var insecure = false

    @Option(
        help: ArgumentHelp(
            """
            A file with the token or key to show, or with several, one a line, which the readers show in turn; the \
            publisher shows the first. Without it that of POLLUX_TOKEN, if the environment has one.
            """,
            valueName: "file"))
    var tokenFile: String?

    @Flag(help: "Print the report as a JSON object.")
    var json = false

    func validate() throws {
        let counts = [
            ("readers", self.readers, 1...1_000_000), ("channels", self.channels, 1...1_000_000),
            ("events", self.events ?? 1, 1...1_000_000_000), ("window", self.window, 1...100_000),
            ("size", self.size, Workload.minimumSize...1 << 24), ("loops", self.loops, 1...256),
            ("connections", self.connections ?? 1, 1...100_000),
        ]
        for (name, value, range) in counts where !range.contains(value) {
            throw ValidationError("--\(name) must be from \(range.lowerBound) to \(range.upperBound)")
        }
        guard self.rate == 0 || 0.001...1_000_000 ~= self.rate else {
            throw ValidationError("--rate must be 0, or from 0.001 to 1000000")
        }
        guard 0.001...86_400 ~= self.duration ?? 1 else {
            throw ValidationError("--duration must be from 0.001 to 86400 seconds, which is a day")
        }
        guard self.window * self.size <= Self.mostUnanswered else {
            throw ValidationError("--window times --size must be at most \(Self.mostUnanswered >> 20) MB")
        }
        guard self.events == nil || self.duration == nil else {
            throw ValidationError("--events and --duration both say when it is enough; give one of them")
        }
        guard self.connections == nil || self.http == .http2 else {
            throw ValidationError("--connections is for --http 2; with 1.1 each reader has its own")
        }
        let isSecure = try self.server().isSecure
        guard isSecure || (self.cacert == nil && !self.insecure) else {
            throw ValidationError("--cacert and --insecure are for https")
        }
    }

    func run() async throws {
        let workload = try self.workload()
        let limit = OpenFiles.raiseLimit()
        let needed = workload.connectionCount + (self.loops + 1) * Self.filesOfLoop + Self.otherFiles
        guard needed <= limit else {
            self.report(
                """
                \(workload.connectionCount) connections and \(self.loops) loops need about \(needed) open files; the \
                limit is \(limit). Raise it (ulimit -n), or take fewer --readers, or share connections with --http 2.
                """)
            throw ExitCode.failure
        }
        let line = BenchProgress()
        do {
            let report = try await LoadRun(workload).run { line.show($0, $1) }
            line.end()
            LineWriter.output.write(self.json ? report.json : report.table)
        } catch let error as LoadError {
            line.end()
            self.report(workload.server.explaining(error))
            throw ExitCode.failure
        }
    }

    private func report(_ text: String) {
        LineWriter.errors.write("pollux: \(text)")
    }

    private func server() throws -> ServerURL {
        do {
            return try self.url.map { try ServerURL(parsing: $0) } ?? .standard
        } catch {
            throw ValidationError("\(self.url ?? ""): \(error)")
        }
    }

    private var trust: TLSClientConfiguration.Trust {
        self.insecure ? .anybody : self.cacert.map { .authorities(file: $0) } ?? .system
    }

    private func workload() throws -> Workload {
        let server = try self.server()
        var workload = Workload(server: server)
        if server.isSecure { workload.road = try .secure(server, trust: self.trust) }
        workload.readers = self.readers
        workload.transport = self.transport
        workload.channels = self.channels
        workload.amount = self.duration.map { .seconds($0) } ?? .events(self.events ?? 100)
        workload.rate = self.rate
        workload.window = self.window
        workload.size = self.size
        workload.version = self.http
        workload.loops = self.loops
        // Each loop has as many as another.
        let connections = self.connections ?? (self.readers + 99) / 100
        workload.connections = max(1, (connections + self.loops - 1) / self.loops) * self.loops
        workload.processes = self.pid
        workload.credentials = try Credentials.read(file: self.tokenFile)
        workload.readPath = self.readPath
        workload.writePath = self.writePath
        return workload
    }
}

/// How far a run is, on the terminal.
private final class BenchProgress {
    private var phase: LoadRun.Phase?
    private var line: ProgressLine?

    func show(_ phase: LoadRun.Phase, _ share: Double) {
        if phase != self.phase {
            self.end()
            self.phase = phase
            self.line = ProgressLine(phase.rawValue)
        }
        self.line?.show(phase == .settling ? nil : share)
    }

    func end() {
        self.line?.end()
        self.line = nil
    }
}

extension ServerURL {
    fileprivate func explaining(_ error: LoadError) -> String {
        guard case .unreachable(let reason) = error else { return "\(self): \(error)" }
        return """
            cannot connect to \(self): \(reason)
            Is the server running? Start one with 'pollux serve', or name another: pollux bench <url>.
            """
    }
}

extension Workload.Transport: ExpressibleByArgument {}
extension Workload.HTTPVersion: ExpressibleByArgument {}
