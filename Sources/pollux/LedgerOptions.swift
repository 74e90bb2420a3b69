import ArgumentParser
import Channels
import PolluxServer
import SQLiteLedger

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Which ledger a command is about: a file, or the one of a configuration.
struct LedgerOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The ledger's database.", valueName: "file"))
    var database: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The configuration that names it (sqlite.path); else data/pollux.db.", valueName: "file"))
    var config: String?

    func validate() throws {
        guard self.database == nil || self.config == nil else {
            throw ValidationError("--database and --config both say which ledger; give one of them")
        }
    }

    private func path() throws -> String {
        if let database { return database }
        let loaded = try LoadedConfiguration(file: self.config, environment: ProcessInfo.processInfo.environment)
        guard loaded.server.ledger == .sqlite else {
            throw ValidationError("this configuration keeps events in memory (ledger): there is no file")
        }
        return loaded.server.sqlite.path
    }

    /// Does something with the ledger's file.
    ///
    /// - Throws: What is wrong with the file, in words.
    func work<Result>(_ body: (_ path: String) throws -> Result) throws -> Result {
        do {
            return try body(try self.path())
        } catch let error as LedgerError {
            throw LedgerFailure(description: error.advice)
        }
    }
}

/// What is wrong with a ledger's file.
private struct LedgerFailure: Error, CustomStringConvertible {
    let description: String
}
