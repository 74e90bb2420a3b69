import Access
import Channels
@testable import HTTPServing
import NIOCore
import PolluxServer
import Testing
import Doors

@Suite struct ConfigurationValuesTests {
    @Test(arguments: [
        ("1", 1), ("65536", 65_536), ("\"65536\"", 65_536), ("\"10B\"", 10), ("\"64KB\"", 64 << 10),
        ("\"64KiB\"", 64 << 10),
        ("\"1MB\"", 1 << 20), ("\"1MiB\"", 1 << 20), ("\"4 MB\"", 4 << 20), ("\"1GB\"", 1 << 30), ("\"2TB\"", 2 << 40),
    ])
    func `A size is bytes, or has a unit of powers of 1024`(_ written: String, _ bytes: Int) throws {
        #expect(try load("{\"memory\": {\"totalBytes\": \(written)}}").server.memoryBytes == bytes)
    }

    @Test(arguments: [
        "0", "-1", "1.0", "1.5", "true", "null", "[1]", "{}", "\"\"", "\"KB\"", "\"1XB\"", "\"1kb\"", "\"-1KB\"",
        "\"1.5MB\"",
        "\"1KB \"", "\" 1KB\"", "\"1 K B\"", "\"2000TB\"", "\"18014398509481985KB\"", "\"99999999999999999999\"",
        "\"٣\"", "\"1\\u0000KB\"",
    ])
    func `What is no size is refused`(_ written: String) {
        let found = problems("{\"memory\": {\"totalBytes\": \(written)}}")
        #expect(found.count == 1)
        #expect(found.first?.hasSuffix("but must be a size from 1B to 1024TB, such as 64KB") == true)
    }

    @Test(arguments: [
        ("15", Duration.seconds(15)), ("\"15\"", .seconds(15)), ("0", .zero), ("\"250ms\"", .milliseconds(250)),
        ("\"15s\"", .seconds(15)), ("\"10m\"", .seconds(600)), ("\"1h\"", .seconds(3_600)),
        ("\"7 d\"", .seconds(604_800)),
    ])
    func `A time is seconds, or has a unit`(_ written: String, _ time: Duration) throws {
        #expect(try load("{\"drain\": {\"timeout\": \(written)}}").server.drainTimeout == time)
    }

    @Test(arguments: [
        "-1", "0.5", "\"-1s\"", "\"1.5s\"", "\"s\"", "\"1w\"", "\"1S\"", "\"4000d\"", "9223372036854775807", "[]",
        "null",
    ])
    func `What is no time is refused`(_ written: String) {
        let found = problems("{\"drain\": {\"timeout\": \(written)}}")
        #expect(found.count == 1)
        #expect(found.first?.hasSuffix("but must be a time from 0 to 3650d, such as 15s") == true)
    }

    @Test(arguments: ["0", "\"0\"", "null"])
    func `Zero and null are no limit`(written: String) throws {
        let keys = ["connections", "connectionRate", "readers", "publishRate", "byteRate"]
        let members = keys.map { "\"\($0)\": \(written)" }.joined(separator: ", ")
        let limits = try load("{\"limits\": {\"address\": {\(members)}}}").server.access.limits
        #expect(limits.address == UsageLimits())
        #expect(limits.connections.connections == nil && limits.connections.arrivals == .most(nil))
    }

    @Test(arguments: [
        ("port", "0"), ("port", "65535"), ("loops", "1"), ("loops", "1024"), ("limits.headTimeout", "100ms"),
        ("limits.headSize", "1KB"), ("stream.heartbeat", "0"), ("logLevel", "trace"), ("logLevel", "critical"),
        ("limits.address.publishRate", "1/h"), ("limits.address.byteRate", "1KB"), ("limits.address.byteRate", "512MB"),
        ("limits.address.connectionBurst", "1000000"),
        ("stream.heartbeatForm", "comment"), ("host", "::1"), ("publicFolder", "a folder"),
    ])
    func `The ends of a range and every word are taken`(_ key: String, _ value: String) throws {
        #expect(throws: Never.self) { try load(flags: [key: value]) }
    }

    @Test(arguments: [
        ("limits.address.publishRate", "50"), ("limits.principal.publishRate", "0/s"), ("limits.channel.readers", "-1"),
        ("limits.address.byteRate", "1"), ("limits.address.byteRate", "50/s"), ("limits.address.connectionRate", ""),
        ("port", "-1"), ("port", "65536"), ("port", ""), ("port", "http"), ("port", "0x50"), ("loops", "0"),
        ("loops", "1025"), ("limits.headTimeout", "99ms"), ("limits.headSize", "1023"), ("logLevel", "Info"),
        ("logLevel", ""), ("stream.heartbeatForm", "none"), ("ledger", "redis"), ("host", ""), ("host", "a b"),
        ("cors.origins", "*"), ("cors.origins", "https://*.example.org"), ("cors.origins", "example.org"),
        ("cors.origins", "https://example.org/"),
        ("cors.origins", "https://"), ("cors.origins", "://a"), ("cors.origins", "https://u@a.org"),
        ("cors.origins", "https://a.org:x"),
        ("publicOrigins", "null"), ("publicOrigins", "app://a"), ("publicOrigins", "a.org"), ("cors.headers", "a b"),
        ("cors.headers", "X-A:"),
        ("cors.origins", "https://a.org,b"), ("cors.origins", "https://a.org https://b.org"),
    ])
    func `What is beyond a range, or another word, is refused`(_ key: String, _ value: String) throws {
        let setting = try #require(Setting.all.first { $0.key == key })
        #expect(
            problems(flags: [key: value]) == [
                "command line: \(key) is \"\(value)\", but must be \(setting.expectation)"
            ])
    }

    @Test(arguments: [
        (#"{"port": true}"#, "port is true"), (#"{"port": 80.0}"#, "port is 80.0"),
        (#"{"port": [80]}"#, "port is [80]"),
        (#"{"port": {"a": 1}}"#, #"port is {"a":1}"#), (#"{"host": 5}"#, "host is 5"),
        (#"{"host": null}"#, "host is null"),
        (#"{"publicFolder": false}"#, "publicFolder is false"), (#"{"cors": {"origins": [1]}}"#, "cors.origins is [1]"),
        (#"{"cors": {"origins": null}}"#, "cors.origins is null"),
        (#"{"cors": {"origins": ["https://a,b"]}}"#, #"cors.origins is ["https://a,b"]"#),
    ])
    func `A value of another type is refused`(_ text: String, _ found: String) {
        #expect(problems(text).count == 1)
        #expect(problems(text).first?.hasPrefix("pollux.json: \(found), but must be ") == true)
    }

    @Test(arguments: [
        (#"["https://a.org", "http://b:8080"]"#, ["https://a.org", "http://b:8080"]), ("[]", []), (#""""#, []),
        (#""https://a.org, null""#, ["https://a.org", "null"]),
        (#"["https://A.org:443", "HTTP://b:80"]"#, ["https://a.org", "http://b"]),
    ])
    func `Origins are an array, or a text with commas`(_ written: String, _ origins: [String]) throws {
        #expect(try load("{\"cors\": {\"origins\": \(written)}}").server.corsOrigins == origins)
    }

    @Test func `Further fields and the server's own origins are lists too`() throws {
        let server = try load(
            environment: ["POLLUX_CORS_HEADERS": "X-Tenant, X-App", "POLLUX_PUBLIC_ORIGINS": "https://Push.org:443"]
        ).server
        #expect(server.corsHeaders == ["X-Tenant", "X-App"])
        #expect(server.publicOrigins == ["https://push.org"])
    }

    @Test(arguments: ["null", "\"\""])
    func `A folder may be none`(_ written: String) throws {
        #expect(try load("{\"publicFolder\": \(written)}").server.publicFolder == nil)
    }

    @Test func `A number of connections is also the limit of the server`() throws {
        let server = try load(flags: ["limits.connections": "5"]).server
        #expect(server.connections == 5)
        #expect(server.limits.connections == 5)
    }

    @Test func `Times reach the parts in their own types`() throws {
        let server = try load(#"{"stream": {"retry": "2s", "heartbeat": "1m"}, "log": {"idleTime": "5m"}}"#).server
        #expect(server.transports.retryMilliseconds == 2_000)
        #expect(server.transports.heartbeat == .minutes(1))
        #expect(server.bridge.logIdleTime == .seconds(300))
    }
}
