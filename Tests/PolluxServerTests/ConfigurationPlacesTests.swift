import HTTPServing
import NIOCore
import PolluxServer
import Testing
import Doors

@Suite struct ConfigurationPlacesTests {
    @Test func `Without anything given all is as by default`() throws {
        let loaded = try load()
        #expect(loaded.changes == [])
        #expect(loaded.describe() == "")
        #expect(loaded.server.port == 8080)
        #expect(loaded.server.connections == nil)
    }

    @Test func `The command line wins over the environment, and that over the file`() throws {
        let text = #"{"port": 1, "limits": {"channels": 1}, "host": "file"}"#
        let environment = ["POLLUX_PORT": "2", "POLLUX_LIMITS_CHANNELS": "2"]
        let loaded = try load(text, environment: environment, flags: ["port": "3"])
        #expect(loaded.server.port == 3)
        #expect(loaded.server.transports.channels == 2)
        #expect(loaded.server.host == "file")
    }

    @Test func `Of several flags the last one wins, and those before it must fit all the same`() throws {
        #expect(
            try LoadedConfiguration(flags: [("port", "1"), ("port", "2")].map { (key: $0, value: $1) }).server.port
                == 2)
        let error = #expect(throws: ConfigurationError.self) {
            try LoadedConfiguration(flags: [(key: "port", value: "x"), (key: "port", value: "2")])
        }
        #expect(error?.problems == [#"command line: port is "x", but must be a whole number from 0 to 65535"#])
    }

    @Test func `What is not as by default is told with where it comes from`() throws {
        let loaded = try LoadedConfiguration(
            file: repositoryPath("config/pollux.json"),
            environment: ["POLLUX_PUBLIC_FOLDER": "", "POLLUX_PORT": "9000", "POLLUX_LOOPS": "2"],
            flags: [(key: "port", value: "9001")])
        #expect(
            loaded.describe() == """
                port = 9001 (from the command line)
                loops = 2 (from POLLUX_LOOPS)
                publicFolder = none (from POLLUX_PUBLIC_FOLDER)
                sources[0] = clock on date, every 1s (from \(repositoryPath("config/pollux.json")))
                sources[1] = randomWalk from 15 to 30 on demo.temperature, every 1s (from \(repositoryPath("config/pollux.json")))
                sources[2] = randomWalk from 0 to 100 on demo.load, every 1s (from \(repositoryPath("config/pollux.json")))
                sources[3] = randomWalk from 80 to 160 on demo.price, every 700ms (from \(repositoryPath("config/pollux.json")))
                """)
    }

    @Test func `A value that is as by default is not told, wherever it is given`() throws {
        #expect(try load(#"{"port": 8080, "limits": {"eventSize": 65536}}"#).changes == [])
    }

    @Test(arguments: Setting.all)
    func `A setting is read from every place under its name there`(_ setting: Setting) throws {
        let values = [
            "7", "2MB", "https://example.org", "debug", "comment", "memory", "power", "true", "forwarded", "10.0.0.0/8",
            "50/s", "json",
        ]
        let value = try #require(values.first { (try? load(flags: [setting.key: $0])) != nil })
        let loaded = [
            try load(flags: [setting.key: value]), try load(environment: [setting.environmentVariable: value]),
            try load(self.document(setting.key, value)),
        ]
        let changes = loaded.map { $0.changes.first { $0.key == setting.key }?.value }
        #expect(changes == Array(repeating: changes[0], count: 3))
        #expect(changes[0] != nil || value == setting.defaultText)
    }

    private func document(_ key: String, _ value: String) -> String {
        let names = key.split(separator: ".")
        return names.reversed().reduce("\"\(value)\"") { "{\"\($1)\": \($0)}" }
    }

    @Test func `Variables that are not for us are passed over`() throws {
        #expect(try load(environment: ["PORT": "x", "POLLUXPORT": "x", "pollux_port": "x"]).changes == [])
    }

    @Test func `Members that begin with slashes are comments`() throws {
        let text =
            #"{"//": 1, "// limits": {"x": 1}, "limits": {"//": null}, "retention": {"// *": 1, "*": {"//": 1}}}"#
        #expect(try load(text).changes == [])
    }

    @Test func `A key may be written with its group in front`() throws {
        #expect(try load(#"{"limits.eventSize": "2KB"}"#).server.transports.eventSize == 2_048)
    }

    @Test func `The content of a request may be as large as a batch or an event`() throws {
        let byBatch = try load(#"{"limits": {"batchSize": "2MB"}}"#)
        #expect(byBatch.server.limits.bodySize == 2 << 20)
        #expect(byBatch.changes.map(\.description).contains("limits.bodySize = 2MB (follows limits.batchSize)"))
        #expect(try load(flags: ["limits.eventSize": "3MB"]).server.limits.bodySize == 3 << 20)
        #expect(try load(flags: ["limits.batchSize": "1KB"]).server.limits.bodySize == 1 << 20)
        #expect(try load(flags: ["limits.bodySize": "4MB"]).server.limits.bodySize == 4 << 20)
    }

    @Test func `A poll is not held longer than the most unless it says so itself`() throws {
        #expect(try load(flags: ["poll.waitMost": "5s"]).server.transports.pollWait == .seconds(5))
    }
}
