import NIOCore
import NIOHPACK
import PolluxClient
import Testing

@testable import LoadGenerator

@Suite struct ReaderTests {
    private let run = RunClock()

    private func data(_ number: UInt32, run: UInt16? = nil) -> String {
        text(Stamp(run: run ?? self.run.id, sent: 0, number: number))
    }

    private func give(_ text: String, to reader: Reader, _ tally: inout Tally) {
        Array(text.utf8).withUnsafeBytes { reader.received($0, run: self.run, tally: &tally) }
    }

    @Test("a stream's events count, and it goes on after the last whole one")
    func stream() {
        let reader = Reader(index: 0, channel: 0, transport: .eventStream)
        var tally = Tally()
        self.give("id: e-1\ndata: \(self.data(0))\n\nid: e-2\ndata: \(self.data(1))\n", to: reader, &tally)
        reader.connectionLost()
        #expect(reader.cursor.lastEventID == Array("e-1".utf8))
        self.give("id: e-2\ndata: \(self.data(1))\n\n", to: reader, &tally)
        #expect(tally.delivered == 2 && tally.repeated == 0)
        #expect(tally.latencies.count == 2)
    }

    @Test("a poll's events count when its answer is complete")
    func poll() {
        let reader = Reader(index: 0, channel: 0, transport: .poll)
        var tally = Tally()
        self.give(#"{"events":[{"data":"\#(self.data(0))"},"#, to: reader, &tally)
        reader.connectionLost()
        #expect(tally.delivered == 0)
        self.give(#"{"events":[{"data":"\#(self.data(0))"}],"next":"e-1"}"#, to: reader, &tally)
        var next = Cursor()
        Array("e-1".utf8).withUnsafeBytes { next.setLastEventID($0) }
        reader.answerEnded(next: next, run: self.run, tally: &tally)
        #expect(tally.delivered == 1 && tally.repeated == 0)
        #expect(reader.cursor.lastEventID == Array("e-1".utf8))
    }

    @Test("lost, repeated, late and told gaps are counted; another run's events are not")
    func counting() {
        let reader = Reader(index: 0, channel: 0, transport: .eventStream)
        var tally = Tally()
        for number in [0, 3, 1, 1] as [UInt32] { self.give("data: \(self.data(number))\n\n", to: reader, &tally) }
        self.give("event: pollux.gap\ndata: {}\n\ndata: \(self.data(2, run: self.run.id &+ 1))\n\n", to: reader, &tally)
        #expect(tally.delivered == 3 && tally.repeated == 1 && tally.outOfOrder == 1 && tally.gaps == 1)
        #expect(reader.arrivals.lost(sent: 4, failed: []) == 1)
    }

    @Test("a request goes on at the cursor")
    func request() {
        let request = ReadRequest(Workload(server: .standard), channel: 3, credential: nil)
        var cursor = Cursor()
        #expect(
            String(buffer: request.bytes(from: cursor)) == """
                GET /channels/bench-3 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAccept: text/event-stream\r\n\r\n
                """)
        Array("e-9".utf8).withUnsafeBytes { cursor.setLastEventID($0) }
        #expect(String(buffer: request.bytes(from: cursor)).hasSuffix("\r\nlast-event-id: e-9\r\n\r\n"))
        #expect(request.headers(from: cursor)["last-event-id"] == ["e-9"])
    }

    @Test("a request shows the token or key of its reader, by every version of HTTP")
    func credential() {
        let request = ReadRequest(Workload(server: .standard), channel: 3, credential: "t")
        #expect(String(buffer: request.bytes(from: Cursor())).hasSuffix("\r\nAuthorization: Bearer t\r\n\r\n"))
        #expect(request.headers(from: Cursor())["authorization"] == ["Bearer t"])
    }

    @Test("readers show the tokens or keys in turn, and nothing where there is none")
    func credentials() {
        var workload = Workload(server: .standard)
        #expect(workload.credential(ofReader: 4) == nil)
        workload.credentials = ["a", "b", "c"]
        #expect((0..<5).map { workload.credential(ofReader: $0) } == [0, 1, 2, 0, 1])
    }
}
