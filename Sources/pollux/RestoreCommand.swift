import ArgumentParser
import SQLiteLedger

/// `pollux restore`.
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a backup in the place of the ledger. The server must be stopped.",
        discussion: """
            The ledger goes on under a new epoch, since events after the backup may have been given out before: clients \
            that come back get what the backup holds after their cursors, are told of a gap behind that, and nothing is \
            repeated to them. What was there before is kept beside it.

            EXAMPLES
              pollux restore /backups/pollux-monday.db --config config/pollux.json
            """)

    @Argument(help: ArgumentHelp("The backup.", valueName: "file"))
    var backup: String

    @OptionGroup var ledger: LedgerOptions

    func run() throws {
        try self.ledger.work { path in
            let line = ProgressLine("restoring \(path)")
            let replaced = try LedgerCopy.restore(self.backup, to: path) { line.show($0) }
            line.end()
            let inspection = try Inspection(of: path)
            print("\(path): \(inspection.eventCount) events under the new epoch \(inspection.epoch)")
            if let replaced { print("the ledger that was there is now \(replaced)") }
        }
    }
}
