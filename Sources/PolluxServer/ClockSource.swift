import Channels
import Logging
import NIOCore
import ServiceLifecycle

/// Publishes the server's date at a steady pace: one ticker, however many read it.
struct ClockSource: Service {
    let bridge: Bridge
    let channel: ChannelName
    let every: Duration
    let logger: Logger

    static let type = Array("date".utf8)

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                // On the beat of the wall clock: a second's tick comes as the second changes.
                let now = WallClock.system.milliseconds()
                let period = max(10, self.every.milliseconds)
                try await Task.sleep(for: .milliseconds(period - now % period))
                self.publish(at: WallClock.system.milliseconds())
            }
        }
    }

    private func publish(at milliseconds: Int64) {
        guard let draft = try? Draft(type: Self.type, data: Array("{\"date\":\"\(ISO8601.text(milliseconds))\"}".utf8))
        else {
            return
        }
        self.bridge.publish(Publication(channel: self.channel, drafts: [draft])) { result in
            if case .failure(let error) = result {
                self.logger.warning(
                    "a source could not publish", metadata: ["channel": "\(self.channel)", "error": "\(error)"])
            }
        }
    }
}
