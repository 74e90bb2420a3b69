import PolluxClient
import Testing

@testable import LoadGenerator

@Suite struct ReportTests {
    private var report: Report {
        var results = Report.Results()
        results.openSeconds = 1.005
        results.start = 0
        results.kept = 1_000
        results.expected = 1_234_567
        for _ in 0..<3 { results.tally.count(.inOrder, sent: 0, at: 2_500_000) }
        return Report(Workload(server: .standard), results)
    }

    @Test("the table is aligned at the point, and has units")
    func table() {
        let lines = self.report.table.split(separator: "\n").map(String.init)
        #expect(lines.first == "server                  http://127.0.0.1:8080")
        #expect(lines.contains("to deliver                 1,234,567"))
        #expect(lines.contains("latency p50                        2.500 ms"))
        #expect(lines.contains("server CPU a delivery              -     µs"))
    }

    @Test("the JSON object names units, and has null for what was not measured")
    func json() {
        let json = self.report.json
        #expect(json.hasPrefix(#"{"server":"http://127.0.0.1:8080","transport":"event-stream","httpVersion":"1.1","#))
        #expect(json.contains(#""delivered":3,"#))
        #expect(json.contains(#""latencyMaxMilliseconds":2.500,"#))
        #expect(json.contains(#""serverCPUMicrosecondsPerDelivery":null,"#))
        #expect(json.hasSuffix("}") && !json.contains("\n"))
    }

    @Test("what must be delivered is what was kept, to each reader of its channel")
    func expected() {
        var workload = Workload(server: .standard)
        (workload.readers, workload.channels, workload.rate) = (5, 2, 0)
        workload.amount = .events(3)
        var publishing = Publishing(workload)
        for _ in 0..<3 { _ = publishing.next(at: 0) }
        for status in [201, 201, 503] { publishing.answered(status: status) }
        // Channel 0 has three readers and two events, the second refused; channel 1 has two readers and one event.
        #expect(Report.Results.expected(publishing, of: workload) == 3 + 2)
    }
}
