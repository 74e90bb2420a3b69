import ArgumentParser
import PolluxServer

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where a configuration comes from: a file, then the environment, then the command line, the last of which wins.
struct ConfigurationOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The configuration file (JSON). Without it all settings have their defaults.")
    var config: String?

    @Option(help: "The address or name to listen on (host).")
    var host: String?

    @Option(help: "The port to listen on; 0 takes any that is free (port).")
    var port: String?

    @Option(help: "The event loops, which are threads, that serve connections (loops).")
    var loops: String?

    @Option(name: .customLong("public"), help: "The folder of files that browsers load (publicFolder).")
    var publicFolder: String?

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp("Any setting, as often as needed; `pollux config keys` lists them.", valueName: "key=value"))
    var settings: [String] = []

    func validate() throws {
        for setting in self.settings where !setting.contains("=") {
            throw ValidationError("--set \(setting): must be key=value, such as limits.eventSize=128KB")
        }
    }

    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    func load() throws -> LoadedConfiguration {
        try LoadedConfiguration(
            file: self.config, environment: ProcessInfo.processInfo.environment, flags: self.flags)
    }

    /// Keys and values, of which a later one wins.
    private var flags: [(key: String, value: String)] {
        let set = self.settings.map { setting in
            let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (key: String(parts[0]), value: String(parts[1]))
        }
        let named = [
            ("host", self.host), ("port", self.port), ("loops", self.loops), ("publicFolder", self.publicFolder),
        ]
        return set + named.compactMap { key, value in value.map { (key: key, value: $0) } }
    }
}
