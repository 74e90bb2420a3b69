import ArgumentParser
import Channels
import PolluxServer
import SQLiteLedger

/// `pollux inspect`.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show what is in the ledger, and whether it is sound.",
        discussion: """
            Looks at one moment of the ledger, while it is served or not. With --check every page and every event is looked \
            at; ends with 1 if anything is wrong.

            EXAMPLES
              pollux inspect --config config/pollux.json
              pollux inspect --database backup.db --check
            """)

    @OptionGroup var ledger: LedgerOptions

    @Flag(help: "Look at every page and every event.")
    var check = false

    @Option(help: ArgumentHelp("List so many channels, the fullest first.", valueName: "n"))
    var channels = 10

    func run() throws {
        let inspection = try self.ledger.work { path in
            let line = ProgressLine(self.check ? "checking \(path)" : "reading \(path)")
            line.show(nil)
            defer { line.end() }
            return try Inspection(of: path, checks: self.check)
        }
        self.printSummary(inspection)
        self.printChannels(inspection)
        if inspection.damage?.isEmpty == false { throw ExitCode(1) }
    }

    private func printSummary(_ inspection: Inspection) {
        let times = [inspection.oldest, inspection.newest].map { $0.map(ISO8601.text) ?? "-" }
        let used = ByteText(inspection.fileSize - inspection.freeSize)
        let rows = [
            ("ledger", inspection.path),
            ("epoch", "\(inspection.epoch)"),
            ("head", "\(inspection.head.rawValue)"),
            ("events", "\(inspection.eventCount)"),
            ("channels", "\(inspection.channels.count) with events, \(inspection.channelCount) known"),
            ("data", "\(ByteText(inspection.byteCount))"),
            ("file", "\(used) used of \(ByteText(inspection.fileSize))"),
            ("oldest", times[0]),
            ("newest", times[1]),
            ("idempotency keys", "\(inspection.keyCount)"),
            ("schema", inspection.schema),
            ("check", self.verdict(inspection)),
        ]
        for (name, value) in rows { print("\(name.padded(to: 18))\(value)") }
        for finding in inspection.damage ?? [] { print("  \(finding)") }
    }

    private func verdict(_ inspection: Inspection) -> String {
        guard let damage = inspection.damage else { return "not done; --check does it" }
        return damage.isEmpty ? "ok" : "DAMAGED: restore a backup with `pollux restore`"
    }

    private func printChannels(_ inspection: Inspection) {
        guard self.channels > 0, !inspection.channels.isEmpty else { return }
        let rows = inspection.channels.prefix(self.channels).map { kept in
            (
                "\(kept.events)", "\(ByteText(kept.bytes))", ISO8601.text(kept.oldest), ISO8601.text(kept.newest),
                kept.name.description
            )
        }
        print(
            "\n\("events".padded(to: 10))\("data".padded(to: 10))\("oldest".padded(to: 26))\("newest".padded(to: 26))channel"
        )
        for row in rows {
            print(
                "\(row.0.padded(to: 10))\(row.1.padded(to: 10))\(row.2.padded(to: 26))\(row.3.padded(to: 26))\(row.4)")
        }
        let more = inspection.channels.count - rows.count
        if more > 0 { print("and \(more) more") }
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - self.count))
    }
}
