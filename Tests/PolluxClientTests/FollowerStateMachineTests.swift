import EventStream
import Testing

@testable import PolluxClient

@Suite struct FollowerStateMachineTests {
    private var machine = FollowerStateMachine(.now, backoff: .withoutChance)

    private static let envelope = #"{"channel":"c","event":"price","data":"{\"eur\":1}"}"#

    // MARK: Streams

    @Test("an event moves the place to its id and is handed on out of its envelope")
    mutating func event() throws {
        let occurrence = try machine.received(.event(ReceivedEvent(data: Self.envelope, lastEventID: "e-1")))
        #expect(occurrence == .event(FollowedEvent(id: "e-1", channel: "c", type: "price", data: #"{"eur":1}"#)))
        #expect(machine.place == .after("e-1"))
    }

    @Test("the id that a stream begins with is the place, though nothing has happened")
    mutating func openingID() throws {
        #expect(try machine.received(.lastEventID("e-0")) == nil)
        #expect(machine.place == .after("e-0"))
    }

    @Test("an empty id does not forget the place")
    mutating func emptyID() throws {
        _ = try machine.received(.lastEventID("e-1"))
        _ = try machine.received(.lastEventID(""))
        _ = try machine.received(.event(ReceivedEvent(data: Self.envelope)))
        #expect(machine.place == .after("e-1"))
    }

    @Test("a gap is handed on and does not move the place")
    mutating func gap() throws {
        _ = try machine.received(.lastEventID("e-1"))
        let data = #"{"reason":"trimmed","after":"e-1","resumedAt":null}"#
        let occurrence = try machine.received(
            .event(ReceivedEvent(type: "pollux.gap", data: data, lastEventID: "e-1")))
        #expect(occurrence == .gap(Gap(reason: "trimmed", after: "e-1", resumedAt: nil)))
        #expect(machine.place == .after("e-1"))
    }

    @Test(
        "what is no envelope and no gap is no Pollux server's",
        arguments: [
            ("message", ""), ("message", "no JSON"), ("message", "[]"), ("message", "{}"),
            ("message", #"{"channel":"c","event":"e"}"#), ("message", #"{"channel":"c","event":"e","data":{}}"#),
            ("pollux.gap", "no JSON"), ("pollux.gap", #"{"reason":1,"after":"x"}"#),
        ])
    mutating func unreadable(_ type: String, _ data: String) {
        #expect(throws: ClientError.self) {
            try machine.received(.event(ReceivedEvent(type: type, data: data, lastEventID: "e-1")))
        }
    }

    @Test("a connection that ends is replaced after the reconnection time")
    mutating func end() throws {
        machine.streamBegan()
        #expect(try machine.received(.reconnectionTime(milliseconds: 3_000)) == nil)
        #expect(try machine.failed(.lost("the server ended the stream")) == .seconds(3))
    }

    @Test("attempts in a row are made ever more seldom, until a stream begins")
    mutating func backoff() throws {
        let delays = try (1...3).map { _ in try machine.failed(.unreachable("connection refused")) }
        #expect(delays == [.seconds(1), .seconds(2), .seconds(4)])
        machine.streamBegan()
        #expect(try machine.failed(.lost("")) == .seconds(1))
    }

    @Test("a failure leaves the place as it is", arguments: [Follower.Start.now, .earliest, .last(2), .after("e-1")])
    func placeAfterFailure(_ start: Follower.Start) throws {
        var machine = FollowerStateMachine(start, backoff: .withoutChance)
        _ = try machine.failed(.lost(""))
        #expect(machine.place == start)
    }

    @Test("what passes by itself is waited for", arguments: [408, 425, 429, 500, 502, 503, 504])
    mutating func temporary(_ status: Int) throws {
        #expect(try machine.failed(.refused(ServerProblem(status: status, title: ""))) == .seconds(1))
    }

    @Test("a server that says when to come back is obeyed")
    mutating func retryAfter() throws {
        #expect(try machine.failed(.refused(ServerProblem(status: 503, title: "", retryAfter: 9))) == .seconds(9))
    }

    @Test(
        "what does not pass by itself ends it",
        arguments: [
            ClientError.refused(ServerProblem(status: 301, title: "")), .refused(ServerProblem(status: 400, title: "")),
            .refused(ServerProblem(status: 404, title: "", retryAfter: 1)), .unreadable(""),
            .unusable(""),
        ])
    mutating func permanent(_ error: ClientError) {
        #expect(throws: error) { try machine.failed(error) }
    }

    // MARK: Polls

    @Test("a poll's answer moves the place, also without events")
    mutating func poll() {
        #expect(machine.received(PollAnswer(events: [], next: "e-5"), heldFor: .zero) == .zero)
        #expect(machine.place == .after("e-5"))
    }

    @Test("a poll that was held is followed by the next at once")
    mutating func heldPoll() {
        machine = FollowerStateMachine(.after("e-1"), backoff: .withoutChance)
        #expect(machine.received(PollAnswer(events: [], next: "e-1"), heldFor: .seconds(25)) == .zero)
    }

    @Test("a server that answers with nothing at once, again and again, is asked ever more seldom")
    mutating func uselessPolls() {
        machine = FollowerStateMachine(.after("e-1"), backoff: .withoutChance)
        let empty = PollAnswer(events: [], next: "e-1")
        #expect((1...3).map { _ in machine.received(empty, heldFor: .zero) } == [1, 2, 4].map { .seconds($0) })
        let event = FollowedEvent(id: "e-2", channel: "c", type: "t", data: "")
        #expect(machine.received(PollAnswer(events: [event], next: "e-2"), heldFor: .zero) == .zero)
        #expect(machine.received(empty, heldFor: .zero) == .seconds(1))
    }

    @Test("a gap without events is followed by the next poll at once")
    mutating func gapOnly() {
        machine = FollowerStateMachine(.after("x"), backoff: .withoutChance)
        let gap = Gap(reason: "unknown", after: "x", resumedAt: nil)
        #expect(machine.received(PollAnswer(events: [], next: "e-0", gap: gap), heldFor: .zero) == .zero)
        #expect(machine.place == .after("e-0"))
    }
}
