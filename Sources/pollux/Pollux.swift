import ArgumentParser

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
            ServeCommand.self, PublishCommand.self, TailCommand.self, ConfigCommand.self, BackupCommand.self,
            RestoreCommand.self, InspectCommand.self, BenchCommand.self,
        ])
}
