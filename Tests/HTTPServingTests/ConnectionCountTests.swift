import Synchronization
import Testing

@testable import HTTPServing

@Suite struct ConnectionCountTests {
    private let count = ConnectionCount()

    @Test func `The end of the last connection is told once`() {
        let told = Mutex(0)
        count.add(1)
        count.add(1)
        count.atZero { told.withLock { $0 += 1 } }
        count.add(-1)
        #expect(told.withLock { $0 } == 0)
        count.add(-1)
        #expect(told.withLock { $0 } == 1)
        count.add(1)
        count.add(-1)
        #expect(told.withLock { $0 } == 1)
    }

    @Test func `Where there is no connection that is told at once`() {
        let told = Mutex(false)
        count.atZero { told.withLock { $0 = true } }
        #expect(told.withLock { $0 })
    }
}
