package import Channels
package import Logging
import ServiceLifecycle

/// Publishes by itself at a steady pace: one ticker, however many read it.
package struct Source: Service {
    private let configuration: SourceConfiguration
    private let bridge: Bridge
    private let logger: Logger

    package init(_ configuration: SourceConfiguration, bridge: Bridge, logger: Logger) {
        self.configuration = configuration
        self.bridge = bridge
        self.logger = logger
    }

    package func run() async throws {
        try await cancelWhenGracefulShutdown {
            var content = self.configuration.content
            while !Task.isCancelled {
                // On the beat of the wall clock: a second's tick comes as the second changes.
                let now = WallClock.system.milliseconds()
                let period = max(10, self.configuration.every.milliseconds)
                try await Task.sleep(for: .milliseconds(period - now % period))
                self.publish(content.next(at: WallClock.system.milliseconds()))
            }
        }
    }

    private func publish(_ event: (type: String, data: String)) {
        let channel = self.configuration.channel
        guard let draft = try? Draft(type: Array(event.type.utf8), data: Array(event.data.utf8)) else { return }
        self.bridge.publish(Publication(channel: channel, drafts: [draft])) { result in
            if case .failure(let error) = result {
                self.logger.warning(
                    "a source could not publish", metadata: ["channel": "\(channel)", "error": "\(error)"])
            }
        }
    }
}

/// What a source publishes at each beat.
protocol SourceContent: Sendable {
    mutating func next(at milliseconds: Int64) -> (type: String, data: String)
}

extension SourceConfiguration {
    var content: any SourceContent {
        switch self.kind {
        case .clock: ClockContent()
        case .randomWalk: RandomWalkContent(in: self.range, by: SystemRandomNumberGenerator())
        }
    }
}

/// The server's date.
struct ClockContent: SourceContent {
    func next(at milliseconds: Int64) -> (type: String, data: String) {
        ("date", #"{"date":"\#(ISO8601.text(milliseconds))"}"#)
    }
}

/// A number that moves a little each time and stays within a range, as measured values do.
struct RandomWalkContent<Generator: RandomNumberGenerator & Sendable>: SourceContent {
    private let range: ClosedRange<Int>
    private var generator: Generator
    /// In tenths.
    private var value: Int

    init(in range: ClosedRange<Int>, by generator: Generator) {
        self.range = range.lowerBound * 10...range.upperBound * 10
        self.generator = generator
        self.value = (self.range.lowerBound + self.range.upperBound) / 2
    }

    mutating func next(at milliseconds: Int64) -> (type: String, data: String) {
        let step = max(1, self.range.count / 40)
        let moved = self.value + Int.random(in: -step...step, using: &self.generator)
        self.value = min(max(moved, self.range.lowerBound), self.range.upperBound)
        return ("message", #"{"value":\#(self.text)}"#)
    }

    private var text: String {
        "\(self.value < 0 ? "-" : "")\(self.value.magnitude / 10).\(self.value.magnitude % 10)"
    }
}
