import ArgumentParser
import Channels
import SQLiteLedger

/// `pollux backup`.
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the ledger into one file, while it is served or not.",
        discussion: """
            The copy is the ledger as it is at one moment: checked, whole, and there under its name only when it is done. \
            Publishers and readers are not held up.

            EXAMPLES
              pollux backup /backups/pollux-monday.db --config config/pollux.json
              pollux backup copy.db --database data/pollux.db --force
            """)

    @Argument(help: ArgumentHelp("The file to make.", valueName: "file"))
    var target: String

    @OptionGroup var ledger: LedgerOptions

    @Flag(help: "Replace the file if it is there.")
    var force = false

    func run() throws {
        let inspection = try self.ledger.work { path in
            let line = ProgressLine("backing up \(path)")
            try LedgerCopy.backUp(path, to: self.target, replacing: self.force) { line.show($0) }
            line.end()
            return try Inspection(of: self.target)
        }
        let last = EventID(epoch: inspection.epoch, position: inspection.head)
        print("\(self.target): \(inspection.eventCount) events through \(last), \(ByteText(inspection.fileSize))")
    }
}
