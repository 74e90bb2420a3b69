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

    private var flags: [String: String] {
        var flags: [String: String] = [:]
        for setting in self.settings {
            let parts = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            flags[String(parts[0])] = String(parts[1])
        }
        flags["host"] = self.host ?? flags["host"]
        flags["port"] = self.port ?? flags["port"]
        flags["loops"] = self.loops ?? flags["loops"]
        flags["publicFolder"] = self.publicFolder ?? flags["publicFolder"]
        return flags
    }
}
