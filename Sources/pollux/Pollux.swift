import ArgumentParser
import Glibc
import PolluxClient
import PolluxServer

/// The command line.
@main
struct Pollux: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pollux",
        abstract: "A bridge between two generations of HTTP push: EventSource and long polling over one log.",
        discussion: """
            Every channel is at once a native event stream and a long-poll endpoint, and takes writes by POST:

              pollux serve
              curl -N localhost:8080/channels/news -H 'Accept: text/event-stream'
              pollux publish news 'hello'
            """,
        version: "0.1.0",
        subcommands: [
            ServeCommand.self, PublishCommand.self, TailCommand.self, ConfigCommand.self, AccessCommand.self,
            BackupCommand.self,
            RestoreCommand.self, InspectCommand.self, BenchCommand.self,
        ])

    /// Runs a command. One whose output could not be written has failed, whatever it did.
    static func main() async {
        let openFiles = OpenFiles.raiseLimit()
        guard openFiles >= OpenFiles.least else { self.fail(OpenFiles.tooFew(openFiles)) }
        await self.main(nil)
        let isFlushed = fflush(nil) == 0
        let code = errno
        if let failure = LineWriter.output.failure ?? (isFlushed || code == EPIPE ? nil : SystemError(code: code)) {
            self.fail("cannot write to standard output: \(failure)")
        }
    }

    private static func fail(_ reason: String) -> Never {
        LineWriter.errors.write("pollux: \(reason)")
        Glibc.exit(1)
    }
}
