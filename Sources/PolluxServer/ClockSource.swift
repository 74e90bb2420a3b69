import Channels
import Logging
import NIOCore
import ServiceLifecycle

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

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

/// Dates by ISO 8601 in UTC with milliseconds, as JavaScript's `Date` writes and reads them.
enum ISO8601 {
    /// - Parameter milliseconds: Since 1970.
    static func text(_ milliseconds: Int64) -> String {
        var seconds = time_t(milliseconds / 1_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = [(parts.tm_year + 1900, 4), (parts.tm_mon + 1, 2), (parts.tm_mday, 2)].map(Self.padded)
        let clock = [(parts.tm_hour, 2), (parts.tm_min, 2), (parts.tm_sec, 2)].map(Self.padded)
        let fraction = Self.padded(CInt(milliseconds % 1_000), 3)
        return "\(date.joined(separator: "-"))T\(clock.joined(separator: ":")).\(fraction)Z"
    }

    private static func padded(_ number: CInt, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
