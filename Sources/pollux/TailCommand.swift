public import ArgumentParser
import PolluxClient

/// `pollux tail`: what is published, as it comes.
struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Follow one or more channels.",
        usage: """
            pollux tail <channel> ... [--since now|earliest|-<n>] [--after <id>] [--transport sse|poll]
                        [--json] [--count <n>] [--server <url>] [--cacert <file>]
            """,
        discussion: """
            Prints each event as it comes, for ever: as 'type: data', with several channels as 'channel type: data'. \
            When the connection breaks, it comes back to where it was: no event is lost or printed twice. Should the \
            server no longer have what is missing, that is told on standard error as a gap.

            With --json each line is an object {"id","channel","event","data"}, data being text; a gap is a line \
            {"gap":{"reason","after","resumedAt"}}.

            EXAMPLES
              pollux tail date
              pollux tail orders payments --since -10
              pollux tail orders --since earliest --json | jq -r .data
              pollux tail orders --after 8k2mfx3q-1041 --transport poll
            """)

    @Argument(help: ArgumentHelp("The channel's name; several for several channels.", valueName: "channel"))
    var channels: [String]

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Where to begin: now, earliest, or -<n> for the last n events. (default: now)", valueName: "place"),
        transform: { try Follower.Start(since: $0) })
    var since: Follower.Start?

    @Option(help: ArgumentHelp("Begin behind the event with this id.", valueName: "id"))
    var after: String?

    @Option(help: "How to receive: as a stream of events, or by long polling.")
    var transport = Follower.Transport.sse

    @Flag(help: "Print each event as a JSON object.")
    var json = false

    @Option(help: ArgumentHelp("End after so many events.", valueName: "n"))
    var count: Int?

    @OptionGroup var connection: ServerOption

    func validate() throws {
        guard self.since == nil || self.after == nil else {
            throw ValidationError("--since and --after both say where to begin; give one of them")
        }
        guard self.count ?? 1 > 0 else { throw ValidationError("--count must be at least 1") }
    }

    func run() async throws {
        let start = self.after.map { .after($0) } ?? self.since ?? .now
        let follower = Follower(
            try self.connection.server(), channels: self.channels, transport: self.transport, start: start,
            trust: self.connection.trust)
        var printer = Printer(self)
        do {
            try await follower.run { printer.goesOn(after: $0) }
        } catch {
            throw ExitCode(reporting: error, of: self.connection.url)
        }
    }
}

/// Prints what a follower tells, and counts.
private struct Printer {
    private let server: ServerURL
    private let format: LineFormat
    private var countdown: Int

    init(_ command: TailCommand) {
        self.server = command.connection.url
        self.format = LineFormat(
            isJSON: command.json, isForTerminal: LineWriter.output.isTerminal,
            namesChannel: command.channels.count > 1)
        self.countdown = command.count ?? .max
    }

    /// Prints it; `false` if that was the last event wanted, or nobody reads any more.
    mutating func goesOn(after occurrence: Follower.Occurrence) -> Bool {
        switch occurrence {
        case .event(let event):
            self.countdown -= 1
            return LineWriter.output.write(self.format.line(event)) && self.countdown > 0
        case .gap(let gap):
            LineWriter.errors.write("pollux: gap: \(gap)".printable)
            return self.format.line(gap).map { LineWriter.output.write($0) } ?? true
        case .reconnecting(let error, let delay):
            self.tell(error, delay)
            return true
        }
    }

    private func tell(_ error: ClientError, _ delay: Duration) {
        let seconds = delay.formatted
        if case .unreachable(let reason) = error {
            LineWriter.errors.write("pollux: cannot connect to \(self.server): \(reason); trying again in \(seconds)")
        } else if case .untrusted(let reason) = error {
            LineWriter.errors.write(
                """
                pollux: cannot trust \(self.server): \(reason); trying again in \(seconds)
                \(ExitCode.trustHint)
                """)
        } else {
            LineWriter.errors.write("pollux: \(error); reconnecting in \(seconds)".printable)
        }
    }
}

extension Follower.Transport: ExpressibleByArgument {}

extension Follower.Start {
    /// - Throws: `ValidationError`.
    fileprivate init(since text: String) throws {
        switch text {
        case "now": self = .now
        case "earliest": self = .earliest
        default:
            guard text.first == "-", let count = Int(text.dropFirst()), count > 0 else {
                throw ValidationError("it must be now, earliest or -<n>, n being a number from 1")
            }
            self = .last(count)
        }
    }
}

extension Duration {
    /// Seconds with one digit behind the point.
    fileprivate var formatted: String {
        let tenths = (self / .milliseconds(100)).rounded()
        return "\(tenths / 10) s"
    }
}
