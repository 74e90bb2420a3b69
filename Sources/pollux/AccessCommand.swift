import Access
import ArgumentParser
import Channels
import Doors
import Files
import PolluxClient
import PolluxServer

/// `pollux access`.
struct AccessCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "access", abstract: "Make a key for a server, or try what somebody may do.",
        subcommands: [Key.self, Try.self])

    struct Key: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key, and print it once.",
            discussion: """
                The key goes to the application, which sends it as 'Authorization: Bearer <key>'. The configuration gets its hash, \
                which is of no use to whoever reads it there.
                """)

        @Argument(help: "What the rules call it: key:<name>.")
        var name: String

        func validate() throws {
            let isPlain =
                self.name.utf8.allSatisfy { $0 < 0x80 }
                && self.name.allSatisfy { $0.isLetter || $0.isNumber || "-_.".contains($0) }
            guard !self.name.isEmpty, isPlain else {
                throw ValidationError("a name has letters, digits, '-', '_' and '.'")
            }
        }

        func run() throws {
            let key = AccessKey.random()
            print(
                """
                \(key.text)

                Shown once: give it to whoever is to use it. Into the configuration goes
                  "access": {"keys": {"\(self.name)": {"hash": "\(key.hash)"}}}
                """)
        }
    }

    struct Try: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whether somebody may do something with a channel, and why.",
            discussion: "Ends with 1 if he may not.")

        @OptionGroup var options: ConfigurationOptions

        @Option(
            help: ArgumentHelp(
                "The file with his token or key; without it he is nobody in particular.", valueName: "file"))
        var tokenFile: String?

        @Argument(
            help: "read, publish or drop.",
            transform: { text in
                guard let action = Action(rawValue: text), [.read, .publish, .drop].contains(action) else {
                    throw ValidationError("must be read, publish or drop")
                }
                return action
            })
        var action: Action

        @Argument(help: "The channel's name.", transform: { try ChannelName($0) })
        var channel: ChannelName

        func run() throws {
            guard let gate = try self.options.load().server.access.gate() else {
                throw ValidationError("the configuration has no access.rules")
            }
            let principal = try self.principal(gate)
            let decision = gate.rules.decide(self.action, self.channel, for: principal)
            print(gate.rules.explanation(of: self.action, self.channel, for: principal))
            if decision != .allowed { throw ExitCode.failure }
        }

        private func principal(_ gate: Gate) throws -> Principal {
            guard let file = self.tokenFile else { return .anonymous }
            var bytes = try SmallFile.bytes(of: file, most: 64 << 10)
            while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
            do throws(TokenError) {
                return try gate.principal(of: .text(bytes), at: WallClock.system.milliseconds())
            } catch {
                LineWriter.errors.write("pollux: \(error)")
                throw ExitCode.failure
            }
        }
    }
}
