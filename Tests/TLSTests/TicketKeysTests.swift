import Synchronization
import Testing

@testable import TLS

@Suite struct TicketKeysTests {
    final class Clock: Sendable {
        private let time = Mutex(ContinuousClock().now)

        var now: ContinuousClock.Instant { self.time.withLock { $0 } }

        func advance(by time: Duration) { self.time.withLock { $0 += time } }
    }

    private let clock = Clock()

    private func keys() -> TicketKeys { TicketKeys { [clock] in clock.now } }

    private func open(_ keys: TicketKeys, _ name: [UInt8]) -> Bool? {
        name.withUnsafeBufferPointer { keys.opening($0)?.isOld }
    }

    @Test func `A key is used for an hour, then another takes its place`() throws {
        let keys = keys()
        let first = try #require(keys.sealing()).name
        clock.advance(by: .seconds(3_599))
        #expect(keys.sealing()?.name == first)
        clock.advance(by: .seconds(1))
        #expect(keys.sealing()?.name != first)
    }

    @Test func `A ticket of a former key is taken, and replaced, for as long as a session lives`() throws {
        let keys = keys()
        let first = try #require(keys.sealing()).name
        #expect(open(keys, first) == false)
        clock.advance(by: .seconds(3_600))
        _ = keys.sealing()
        #expect(open(keys, first) == true)
        clock.advance(by: .seconds(7_200))
        #expect(open(keys, first) == nil)
    }

    @Test func `A name that was never given is unknown`() {
        let keys = keys()
        _ = keys.sealing()
        #expect(open(keys, [UInt8](repeating: 7, count: 16)) == nil)
    }
}
