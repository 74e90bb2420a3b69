import HTTPServing
import NIOCore
import NIOHTTP1
import Testing

@testable import Doors

/// Polls that are answered as a script.
@Suite struct JSONPTests {
    private func world() throws -> World {
        let world = try World()
        world.configuration.jsonp = true
        return world
    }

    private func script(_ exchange: FakeExchange) -> String? { exchange.response?.body.map { String(buffer: $0) } }

    @Test func `The answer calls the function with what a poll would answer`() throws {
        let world = try world()
        try world.publish("x")
        let poll = try world.read("transport=poll&since=earliest")
        let exchange = try world.read("transport=jsonp&callback=$.take_1&since=earliest")
        #expect(script(exchange) == "/**/$.take_1(\(try #require(script(poll))));")
        let headers = try #require(exchange.response?.headers)
        #expect(headers["Content-Type"] == ["application/javascript"])
        #expect(headers["X-Content-Type-Options"] == ["nosniff"] && headers["Cache-Control"] == ["no-store"])
        #expect(headers["Last-Event-ID"] == [world.id(1)])
    }

    @Test func `It is held like any poll, and told of a gap`() throws {
        let world = try world()
        let held = try world.read("transport=jsonp&callback=f")
        #expect(held.response == nil)
        try world.publish("late")
        world.run()
        #expect(script(held)?.contains("late") == true)
        let gap = try world.read("transport=jsonp&callback=f&after=nonsense")
        #expect(script(gap)?.contains(#""gap":{"reason":"unknown""#) == true)
    }

    @Test func `What ends a line in old scripts is escaped, and nothing else changes`() throws {
        let world = try world()
        let data = "a\u{2028}b\u{2029}c\u{2027}d\u{20AC}"
        try world.publish(data)
        let text = try #require(script(try world.read("transport=jsonp&callback=f&since=earliest")))
        #expect(text.contains(#"a\u2028b\u2029c"# + "\u{2027}d\u{20AC}"))
        #expect(!text.contains("\u{2028}") && !text.contains("\u{2029}"))
    }

    @Test(arguments: ["", "1f", ".f", "f(", "f;x", "f<", "é", "a b", String(repeating: "f", count: 65)])
    func `A name that is none is refused`(name: String) throws {
        let query = "transport=jsonp&callback=" + name.replacing(" ", with: "+")
        #expect { try self.world().read(query) } throws: { ($0 as? Problem)?.status == .badRequest }
    }

    @Test(arguments: ["Cookie", "Authorization"])
    func `A request that tells who sends it is refused`(field: String) throws {
        #expect {
            try self.world().read("transport=jsonp&callback=f", [field: "x"])
        } throws: {
            ($0 as? Problem)?.status == .forbidden
        }
    }

    @Test func `It is off unless it is asked for in the configuration`() {
        #expect { try World().read("transport=jsonp&callback=f") } throws: { ($0 as? Problem)?.status == .forbidden }
    }
}
