import PolluxClient
import Testing

@testable import LoadGenerator

/// Whether there are ports for all connections.
@Suite struct DialerTests {
    private func dialer(_ url: String, connections: Int, ports: Int) throws {
        _ = try Dialer(ServerURL(parsing: url), .plain, connections: connections, ports: ports)
    }

    @Test
    func `More connections to one address than it has ports are refused at the start, and told with what would do`()
        throws
    {
        try dialer("http://192.0.2.1", connections: 100, ports: 100)
        let error = #expect(throws: LoadError.self) { try dialer("http://192.0.2.1", connections: 101, ports: 100) }
        #expect(error == .tooFewPorts(101, of: 100))
        #expect(error?.description.contains("--http 2") == true)
    }

    #if os(Linux)
        @Test func `Those to the loopback come from many addresses`() throws {
            try dialer("http://127.0.0.1", connections: 15_000, ports: 100)
            #expect(throws: LoadError.self) { try dialer("http://127.0.0.1", connections: 20_000, ports: 100) }
        }
    #endif

    @Test(
        arguments: [
            ("32768\t60999\n", 28_232), ("1 1", 1), ("2 1", nil), ("", nil), ("1", nil), ("x y", nil), ("1 99999", nil),
        ] as [(String, Int?)])
    func `The system's range of ports is read`(text: String, count: Int?) {
        #expect(LocalPorts.count(in: text) == count)
    }
}
