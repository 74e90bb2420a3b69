import EventStream
import HTTPServing
import NIOCore
import Testing

@testable import Doors

/// A stream whose client may read no longer.
@Suite struct RightEndTests {
    private let world: World

    init() throws {
        self.world = try World()
    }

    @Test func `A stream that is behind when its right ends is given nothing more, and told so`() throws {
        try world.publish("a", "b")
        let exchange = try world.read("transport=sse&since=earliest", until: .now() - .milliseconds(1))
        world.run()
        #expect(exchange.events.map(\.type) == ["pollux.denied"] && exchange.isEnded)
        #expect(exchange.events.first?.data == #"{"reason":"expired"}"#)
    }

    @Test func `A stream whose connection takes nothing when its right ends gets none of what waits`() throws {
        try world.publish("a")
        let end = NIODeadline.now() + .seconds(3_600)
        let exchange = try world.read("transport=sse&since=earliest", until: end)
        world.run()
        exchange.takesWrites = false
        try world.publish("b")
        world.run()
        exchange.delegate?.deadlineReached(end)
        try world.publish("c")
        exchange.unblock()
        world.run()
        #expect(
            exchange.events.map(\.type) == ["message", "message", "pollux.denied"], "the second was written before")
        #expect(exchange.isEnded)
    }

    @Test func `A deadline that passes while a reader is behind is not the last`() throws {
        try world.publish("a")
        let end = NIODeadline.now() + .seconds(3_600)
        let exchange = try world.read("transport=sse&since=earliest&heartbeat=1", takesWrites: false, until: end)
        exchange.delegate?.deadlineReached(.now())
        #expect(exchange.deadline != nil)
    }
}
