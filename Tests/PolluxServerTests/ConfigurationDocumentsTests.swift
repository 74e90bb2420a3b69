import FoundationEssentials
import HTTPServing
import PolluxServer
import Testing
import Doors

@Suite struct ConfigurationDocumentsTests {
    private func document() throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: repositoryPath("docs/configuration.md"))), as: UTF8.self)
    }

    @Test func `The documents have all settings as they are, in their order, and no other`() throws {
        let section = try #require(try self.document().split(separator: "\n## ").first { $0.hasPrefix("Settings\n") })
        let rows = section.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { String($0) }
        #expect(rows == Setting.all.map { "| `\($0.key)` | \($0.defaultText) | \($0.expectation) | \($0.meaning) |" })
    }

    private func examples() throws -> [String] {
        try self.document().split(separator: "```json\n").dropFirst().map { block in
            String(try #require(block.split(separator: "```").first))
        }
    }

    @Test func `The example of the documents can be used`() throws {
        let server = try load(try self.examples().first).server
        #expect(server.transports.eventSize == 128 << 10)
        #expect(server.sources.count == 1)
    }

    @Test func `The example of listeners can be used`() throws {
        let example = try #require(try self.examples().first { $0.contains("\"listen\"") })
        let listeners = try load(example).server.listen
        #expect(listeners.map(\.port) == [443, 80, 8080])
        #expect(listeners.map(\.redirects) == [false, true, false])
        #expect(listeners[0].tls?.identities == [.init(certificate: "site.pem", key: "site-key.pem")])
        #expect(listeners[0].tls?.transportSecurity == .seconds(365 * 86_400))
    }

    @Test func `The ready configuration serves a clock and the demo on this machine`() throws {
        let loaded = try LoadedConfiguration(file: repositoryPath("config/pollux.json"))
        #expect(loaded.server.host == "127.0.0.1")
        #expect(loaded.changes.map(\.key) == (0..<4).map { "sources[\($0)]" })
    }

    @Test func `Keys and variables are unique`() {
        #expect(Set(Setting.all.map(\.key)).count == Setting.all.count)
        #expect(Set(Setting.all.map(\.environmentVariable)).count == Setting.all.count)
    }
}
