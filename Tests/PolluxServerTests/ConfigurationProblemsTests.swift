import Files
import FoundationEssentials
import HTTPServing
import PolluxServer
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct ConfigurationProblemsTests {
    @Test func `All that is wrong is told at once, a line each`() {
        let found = problems(
            #"{"port": "http", "limts": {"eventSize": 1}, "sources": 1}"#, environment: ["POLLUX_LOOPS": "many"],
            flags: ["prot": "1"])
        #expect(
            Set(found) == [
                #"pollux.json: port is "http", but must be a whole number from 0 to 65535"#,
                "pollux.json: limts.eventSize is not known; did you mean limits.eventSize?",
                "pollux.json: sources is 1, but must be an array with an object for each source",
                #"environment: POLLUX_LOOPS (loops) is "many", but must be a whole number from 1 to 1024"#,
                "command line: prot is not known; did you mean port?",
            ])
        #expect(found.count == 5)
    }

    @Test(arguments: [
        ("limts.eventSize", "limits.eventSize"), ("limits.eventsize", "limits.eventSize"), ("LogLevel", "logLevel"),
        ("eventSize", "limits.eventSize"), ("cors.origin", "cors.origins"), ("Port", "port"), ("hots", "host"),
        ("retentions", "retention"), ("source", "sources"),
    ])
    func `The nearest key is named`(_ written: String, _ meant: String) {
        #expect(problems("{\"\(written)\": 1}") == ["pollux.json: \(written) is not known; did you mean \(meant)?"])
    }

    @Test(arguments: ["colour", "x", "", "limits.zzzzzzzzz", "$schema", " //"])
    func `Where no key is near, none is named`(_ written: String) {
        #expect(problems("{\"\(written)\": 1}") == ["pollux.json: \(written) is not known"])
    }

    @Test func `An unknown variable is told with the nearest one`() {
        #expect(
            problems(environment: ["POLLUX_LIMIT_EVENT_SIZE": "1", "POLLUX_FOO": "1"]) == [
                "environment: POLLUX_FOO is not known",
                "environment: POLLUX_LIMIT_EVENT_SIZE is not known; did you mean POLLUX_LIMITS_EVENT_SIZE?",
            ])
    }

    @Test(arguments: [#"{"idempotency": 5}"#, #"{"idempotency": []}"#])
    func `A group that is given a value is told what it has`(_ text: String) {
        #expect(
            problems(text) == [
                "pollux.json: idempotency is a group, not a key; its keys are idempotency.window, idempotency.keys"
            ])
    }

    @Test func `A group may be empty, but must be known`() throws {
        #expect(try load(#"{"limits": {}}"#).changes == [])
        #expect(problems(#"{"limts": {}}"#) == ["pollux.json: limts is not known"])
    }

    @Test func `A wrong value is refused even where another place overrides it`() {
        #expect(problems(#"{"port": -1}"#, environment: ["POLLUX_PORT": "0"], flags: ["port": "1"]).count == 1)
    }

    @Test func `A key that is given in both ways is refused`() {
        #expect(
            problems(#"{"limits": {"channels": 1}, "limits.channels": 2}"#) == [
                "pollux.json: limits.channels is given twice"
            ])
    }

    @Test func `A value that breaks the bound of another is refused`() {
        #expect(
            problems(#"{"limits": {"bodySize": "512KB"}}"#) == [
                "pollux.json: limits.bodySize is 512KB, but must be at least limits.batchSize, which is 1MB"
            ])
        #expect(
            problems(environment: ["POLLUX_POLL_WAIT": "3m"]) == [
                "environment: POLLUX_POLL_WAIT (poll.wait) is 3m, but must be at most poll.waitMost, which is 2m"
            ])
    }

    @Test func `A wrong value is no bound`() {
        #expect(problems(flags: ["limits.batchSize": "small", "limits.bodySize": "512KB"]).count == 1)
    }

    @Test func `A file that cannot be read is named, and the other places are checked all the same`() {
        let error = #expect(throws: ConfigurationError.self) {
            try LoadedConfiguration(file: "/no/such.json", flags: [(key: "port", value: "x")])
        }
        #expect(error?.problems.count == 2)
        #expect(error?.description.contains("/no/such.json: cannot be read: No such file or directory") == true)
    }

    @Test func `A byte order mark is passed over, and another encoding named`() throws {
        #expect(try load("\u{FEFF}{\"port\": 1}").server.port == 1)
        let folder = try TemporaryFolder()
        let utf16 = Array("\u{FEFF}{}".utf16).flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        try Data(utf16).write(to: URL(filePath: folder.file("16.json")))
        let error = #expect(throws: ConfigurationError.self) {
            try LoadedConfiguration(file: folder.file("16.json"))
        }
        #expect(error?.description.hasSuffix("this is not JSON: UTF-16, not UTF-8 (line 1, column 1)") == true)
    }

    @Test func `A FIFO that nobody writes into is not waited for`() throws {
        let folder = try TemporaryFolder()
        #expect(mkfifo(folder.file("fifo"), 0o600) == 0)
        let error = #expect(throws: ConfigurationError.self) { try LoadedConfiguration(file: folder.file("fifo")) }
        #expect(error?.description.contains("unexpected end of input") == true)
    }

    @Test func `A pipe is read to its end, and one that says nothing is not waited for without end`() throws {
        var ends: [CInt] = [0, 0]
        #expect(pipe(&ends) == 0)
        defer { close(ends[0]) }
        let path = "/dev/fd/\(ends[0])"
        #expect(throws: SmallFile.Unreadable.self) { try SmallFile.bytes(of: path, most: 100, patience: 10) }
        #expect(write(ends[1], "{}", 2) == 2)
        close(ends[1])
        #expect(try SmallFile.bytes(of: path, most: 100, patience: 10) == Array("{}".utf8))
    }

    @Test(arguments: [("/", "Is a directory"), ("/dev/zero", "more than 1048576 bytes")])
    func `What is no small file is refused`(_ path: String, _ reason: String) {
        let error = #expect(throws: ConfigurationError.self) { try LoadedConfiguration(file: path) }
        #expect(error?.problems == ["\(path): cannot be read: \(reason)"])
    }

    @Test(arguments: [
        ("", "this is not JSON: unexpected end of input (line 1, column 1)"),
        ("{\n  \"port\": ,\n}", "this is not JSON: unexpected token (line 2, column 11)"),
        ("[]", "the configuration is [], but must be an object"),
        (#"{"port": 1, "port": 2}"#, "this is not JSON: two members of the same name (line 1, column 18)"),
    ])
    func `A file that is no JSON object is told with line and column`(_ text: String, _ problem: String) {
        #expect(problems(text) == ["pollux.json: \(problem)"])
    }

    @Test func `What was found neither breaks the line nor fills the screen`() throws {
        let long = String(repeating: "x", count: 1_000)
        let found = problems(
            environment: ["POLLUX_PORT": "1\n2", "POLLUX_A\nB": "", "POLLUX_\(long)": ""], flags: ["port": long])
        #expect(found.count == 4)
        #expect(found.allSatisfy { $0.utf8.count < 300 && !$0.contains("\n") })
        #expect(found.contains { $0.contains(#"is "1\n2", but"#) })
    }
}
