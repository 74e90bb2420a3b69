import ArgumentParser
import PolluxClient
import TLS

/// `pollux publish`: the events of a command line or of standard input.
struct PublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Publish events to a channel.",
        usage: """
            pollux publish <channel> [<data>] [--event <type>] [--key <key>] [--json]
                           [--server <url>] [--cacert <file>] [--token-file <file>]
            """,
        discussion: """
            Without <data>, or with '-', each line of standard input becomes an event. They are published in their \
            order, each after the one before it was answered. The id of each event is printed once it is kept.

            With a key, an event is published once, however often it is sent: the server knows the key for some \
            minutes (10 by default) and answers a repetition with the same id. So what may or may not have arrived, \
            because the connection broke, is sent again. Without a key it is not, and reported. The lines of \
            standard input have the keys <key>-1, <key>-2 and so on.

            EXAMPLES
              pollux publish news 'Hello, world'
              pollux publish prices '{"eur": 12.5}' --json --event price
              pollux publish temperature -- -5
              tail -F /var/log/syslog | pollux publish log
              pollux publish import --json --key import-2025-06-01 < events.ndjson
            """)

    @Argument(help: "The channel's name.")
    var channel: String

    @Argument(help: "The event's data; '-' for standard input. Behind '--' it may begin with '-'.")
    var data: String?

    @Option(name: .customLong("event"), help: ArgumentHelp("The type of the event.", valueName: "type"))
    var type: String?

    @Option(help: "The idempotency key, 1 to 128 printable ASCII characters.")
    var key: String?

    @Flag(help: "The data is JSON: the server checks it and makes it compact.")
    var json = false

    @OptionGroup var connection: ServerOption

    func run() async throws {
        var events = OutgoingEvents(self)
        do {
            try await Publisher(
                try self.connection.server(), channel: self.channel, trust: self.connection.trust
            ).publish {
                try events.next()
            } published: { id in
                LineWriter.output.write(id)
            }
        } catch {
            throw ExitCode(reporting: error, at: events.place, of: self.connection.url)
        }
    }
}

/// Where the events to publish come from: one from the command line, or those of standard input.
private struct OutgoingEvents {
    private let command: PublishCommand
    private let readsInput: Bool
    private var input = LineReader()
    /// How many were asked for.
    private var count = 0

    init(_ command: PublishCommand) {
        self.command = command
        self.readsInput = command.data == nil || command.data == "-"
    }

    /// Which event was the last, for errors; `nil` if there is only one.
    var place: String? { self.readsInput && self.count > 0 ? "line \(self.count)" : nil }

    mutating func next() throws -> OutgoingEvent? {
        let isFirst = self.count == 0
        self.count += 1
        if self.readsInput {
            return try self.input.next().map { self.event($0, self.command.key.map { "\($0)-\(self.count)" }) }
        }
        return isFirst ? self.event(Array((self.command.data ?? "").utf8), self.command.key) : nil
    }

    private func event(_ data: [UInt8], _ key: String?) -> OutgoingEvent {
        OutgoingEvent(data: data, type: self.command.type, key: key, isJSON: self.command.json)
    }
}

extension ExitCode {
    static let trustHint = """
        Name the authorities to trust with --cacert; those of 'pollux serve --tls-self-signed' are data/tls/ca.pem.
        """

    /// Tells what went wrong, and what would do, on standard error.
    init(reporting error: any Error, at place: String? = nil, of server: ServerURL) {
        let place = place.map { "\($0): " } ?? ""
        switch error {
        case ClientError.unreachable(let reason):
            LineWriter.errors.write(
                """
                pollux: \(place)cannot connect to \(server): \(reason)
                Is the server running? Start one with 'pollux serve', or name another with --server.
                """)
        case ClientError.untrusted(let reason):
            LineWriter.errors.write(
                """
                pollux: \(place)cannot trust \(server): \(reason)
                \(Self.trustHint)
                """)
        case ClientError.lost(let reason):
            LineWriter.errors.write(
                """
                pollux: \(place)\(reason)
                The event may have been published, or not. With --key it can be sent again without harm.
                """)
        case let error as SystemError:
            LineWriter.errors.write("pollux: cannot read standard input: \(error)")
        default:
            LineWriter.errors.write("pollux: \(place)\(error)".printable)
        }
        self = .failure
    }
}
