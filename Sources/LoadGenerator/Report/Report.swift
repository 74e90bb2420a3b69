/// What a run showed.
public struct Report: Sendable {
    /// One line of the table and one member of the JSON object.
    struct Row: Sendable {
        /// The member's name, with its unit.
        let key: String
        /// What people read.
        let label: String
        let value: Value
        let unit: String

        init(_ key: String, _ label: String, _ value: Value, _ unit: String = "") {
            self.key = key
            self.label = label
            self.value = value
            self.unit = unit
        }
    }

    enum Value: Sendable {
        case integer(Int)
        /// With so many digits behind the point.
        case decimal(Double, digits: Int)
        case text(String)
        /// Nothing was measured.
        case none
    }

    let rows: [Row]

    init(_ workload: Workload, _ results: Results) {
        self.rows = Self.rows(of: workload) + Self.rows(of: results, workload)
    }

    private static func rows(of workload: Workload) -> [Row] {
        [
            Row("server", "server", .text("\(workload.server)")),
            Row("transport", "transport", .text(workload.transport.rawValue)),
            Row("httpVersion", "HTTP", .text(workload.version.rawValue)),
            Row("readers", "readers", .integer(workload.readers)),
            Row("connections", "connections", .integer(workload.connectionCount - 1)),
            Row("channels", "channels", .integer(workload.channels)),
            Row("dataBytes", "data", .integer(workload.size), "bytes"),
        ]
    }

    private static func rows(of results: Results, _ workload: Workload) -> [Row] {
        let tally = results.tally
        let seconds = tally.lastArrival > results.start ? (tally.lastArrival - results.start).seconds : 0
        let perSecond: (Int) -> Value = { seconds > 0 ? .decimal(Double($0) / seconds, digits: 0) : .none }
        return [
            Row("openSeconds", "all open after", .decimal(results.openSeconds, digits: 2), "s"),
            Row("publishSeconds", "until the last arrived", .decimal(seconds, digits: 2), "s"),
            Row("published", "published", .integer(results.kept), "events"),
            Row("publishesRefused", "  refused", .integer(results.publishesRefused)),
            Row("publishesUnanswered", "  not answered", .integer(results.publishesUnanswered)),
            Row("publishLateMaxMilliseconds", "  late, most", milliseconds(results.late), "ms"),
            Row("eventsPerSecond", "  a second", perSecond(results.kept)),
            Row("expected", "to deliver", .integer(results.expected)),
            Row("delivered", "delivered", .integer(tally.delivered)),
            Row("deliveriesPerSecond", "  a second", perSecond(tally.delivered)),
            Row("lost", "lost", .integer(results.lost)),
            Row("repeated", "repeated", .integer(tally.repeated)),
            Row("outOfOrder", "out of order", .integer(tally.outOfOrder)),
            Row("gaps", "gaps told", .integer(tally.gaps)),
            Row("closed", "readers closed", .integer(tally.closed)),
            Row("refused", "readers refused", .integer(tally.refused)),
            Row("latencyP50Milliseconds", "latency p50", milliseconds(tally.latencies.quantile(0.5)), "ms"),
            Row("latencyP90Milliseconds", "latency p90", milliseconds(tally.latencies.quantile(0.9)), "ms"),
            Row("latencyP99Milliseconds", "latency p99", milliseconds(tally.latencies.quantile(0.99)), "ms"),
            Row("latencyP999Milliseconds", "latency p99.9", milliseconds(tally.latencies.quantile(0.999)), "ms"),
            Row(
                "latencyMaxMilliseconds", "latency max",
                milliseconds(tally.latencies.count > 0 ? tally.latencies.maximum : nil), "ms"),
            Row(
                "serverCPUMicrosecondsPerDelivery", "server CPU a delivery",
                results.serverCPUSeconds.flatMap { cpu in
                    tally.delivered > 0 ? .decimal(cpu * 1e6 / Double(tally.delivered), digits: 2) : nil
                } ?? .none, "µs"),
            Row(
                "serverResidentKilobytesPerReader", "server memory a reader",
                results.serverResidentBytes.map {
                    .decimal(Double($0) / 1_024 / Double(workload.readers), digits: 2)
                } ?? .none, "KB"),
            Row(
                "generatorCPUPercent", "generator's own CPU", .decimal(results.generatorCPUShare * 100, digits: 0), "%"),
        ]
    }

    private static func milliseconds(_ value: Nanoseconds?) -> Value {
        value.map { .decimal(Double($0) / 1e6, digits: 3) } ?? .none
    }
}

extension Report {
    /// What was measured and counted.
    struct Results {
        var openSeconds = 0.0
        /// When publishing began.
        var start: Nanoseconds = 0
        var tally = Tally()
        var kept = 0
        var publishesRefused = 0
        var publishesUnanswered = 0
        var late: Nanoseconds?
        var expected = 0
        var lost = 0
        /// From the start of publishing to the end; `nil` without a process to look at.
        var serverCPUSeconds: Double?
        /// What the server had grown by when all readers were open; `nil` without a process to look at.
        var serverResidentBytes: Int?
        /// Of one core, while the server's was measured.
        var generatorCPUShare = 0.0

        mutating func count(_ publishing: Publishing, lost: Int, of workload: Workload) {
            self.kept = publishing.kept
            self.publishesRefused = publishing.refused.count
            self.publishesUnanswered = publishing.unanswered.count
            self.late = workload.rate > 0 ? publishing.late : nil
            self.expected = Self.expected(publishing, of: workload)
            self.lost = lost
        }

        /// How many deliveries there must be.
        static func expected(_ publishing: Publishing, of workload: Workload) -> Int {
            let failed = publishing.failedByChannel
            return publishing.sentByChannel.enumerated().reduce(0) { sum, channel in
                let kept = channel.element - failed[channel.offset].count
                return sum + kept * workload.readerCount(ofChannel: channel.offset)
            }
        }
    }
}
