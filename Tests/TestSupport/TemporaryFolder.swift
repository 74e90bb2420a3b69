import FoundationEssentials

/// A folder of its own, deleted with the last one who holds it.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        self.path = FileManager.default.temporaryDirectory.appending(path: "pollux-\(UUID())").path
        try FileManager.default.createDirectory(atPath: self.path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: self.path)
    }

    package func file(_ name: String) -> String { "\(self.path)/\(name)" }
}
