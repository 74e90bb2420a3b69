import NIOCore
import NIOPosix
import Testing

@testable import HTTPServing

@Suite(.timeLimit(.minutes(1))) struct PerLoopTests {
    private final class Value {
        let loop: any EventLoop
        var count = 0

        init(_ loop: any EventLoop) {
            loop.assertInEventLoop()
            self.loop = loop
        }
    }

    @Test func `Each loop has its own value, made and used there`() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 3)
        let values = try await PerLoop(group) { Value($0) }
        for loop in group.makeIterator() {
            let isOwn = try await loop.submit {
                values[loop].count += 1
                return values[loop].loop === loop
            }.get()
            #expect(isOwn)
        }
        try await values.onEach { value in
            value.loop.assertInEventLoop()
            value.count += 1
        }
        for loop in group.makeIterator() { #expect(try await loop.submit { values[loop].count }.get() == 2) }
        try await group.shutdownGracefully()
    }
}
