import ArgumentParser
import PolluxServer

/// `pollux config`.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Check the configuration, or list what can be configured.",
        subcommands: [Check.self, Keys.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check the configuration as `pollux serve` would read it, and show what is not as by default.",
            discussion: "Ends with 1 and names every wrong key or value.")

        @OptionGroup var options: ConfigurationOptions

        func run() throws {
            let configuration = try self.options.load()
            let changes = configuration.describe()
            print(changes.isEmpty ? "ok: everything is as by default" : "ok\n\(changes)")
            for hole in configuration.server.access.holes { print("look: \(hole)") }
        }
    }

    struct Keys: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List all settings with their defaults.")

        func run() {
            for setting in Setting.all {
                print("\(setting.key) = \(setting.defaultText)\n    \(setting.meaning)")
                print("    \(setting.expectation); in the environment \(setting.environmentVariable)")
            }
        }
    }
}
