import Testing

@testable import Outbound

@Suite struct RequestQueueTests {
    private typealias Queue = RequestQueue<String>
    private static let now = ContinuousClock.now

    /// In which state a request is: the second of three, where one may be under way and two may wait.
    enum State: String, CaseIterable {
        case waiting, underWay, unwantedWaiting, unwantedUnderWay, over, closedWaiting, closedUnderWay
    }

    enum Event: String, CaseIterable {
        case submitOther, cancel, finish, close, turn, lateTurn
    }

    private static func queue(_ state: State) -> Queue {
        var queue = Queue(concurrency: 1, length: 1)
        let isUnderWay = ![.waiting, .unwantedWaiting, .closedWaiting].contains(state)
        _ = queue.submit("a", until: Self.now + .seconds(9))
        _ = queue.turn(at: Self.now)
        _ = queue.submit("b", until: Self.now + .seconds(1))
        if isUnderWay {
            queue.finish(1)
            _ = queue.turn(at: Self.now)
        }
        switch state {
        case .waiting, .underWay: break
        case .unwantedWaiting, .unwantedUnderWay: queue.cancel(2)
        case .over: queue.finish(2)
        case .closedWaiting, .closedUnderWay: queue.close()
        }
        return queue
    }

    /// What the next turns say, in words.
    private static func words(_ turn: Queue.Turn) -> String {
        let parts =
            turn.begun.map { "begin \($0.job)" } + turn.stopped.map { "stop \($0.id): \($0.error)" }
            + turn.dropped.map { "drop \($0.job): \($0.error)" } + (turn.isLast ? ["last"] : [])
        return parts.joined(separator: ", ")
    }

    private static func outcome(_ event: Event, in state: State) -> String {
        var queue = Self.queue(state)
        switch event {
        case .submitOther:
            let submission = queue.submit("c", until: Self.now + .seconds(9))
            switch submission {
            case .taken: return "taken; " + Self.words(queue.turn(at: Self.now))
            case .refused(let error): return "refused: \(error)"
            }
        case .cancel: queue.cancel(2)
        case .finish: queue.finish(2)
        case .close: queue.close()
        case .turn: break
        case .lateTurn: return Self.words(queue.turn(at: Self.now + .seconds(1)))
        }
        return Self.words(queue.turn(at: Self.now))
    }

    private static let called = "the request was called off"
    private static let stops = "the server stops"
    private static let table: [State: [Event: String]] = [
        .waiting: [
            .submitOther: "refused: more than 2 requests are under way already", .cancel: "drop b: \(called)",
            .finish: "", .close: "stop 1: \(stops), drop b: \(stops), last", .turn: "",
            .lateTurn: "drop b: it took too long",
        ],
        .underWay: [
            .submitOther: "taken; ", .cancel: "stop 2: \(called)", .finish: "", .close: "stop 2: \(stops), last",
            .turn: "", .lateTurn: "",
        ],
        .unwantedWaiting: [
            .submitOther: "taken; drop b: \(called)", .cancel: "drop b: \(called)", .finish: "drop b: \(called)",
            .close: "stop 1: \(stops), drop b: \(stops), last", .turn: "drop b: \(called)",
            .lateTurn: "drop b: \(called)",
        ],
        .unwantedUnderWay: [
            .submitOther: "taken; begin c, stop 2: \(called)", .cancel: "stop 2: \(called)", .finish: "",
            .close: "stop 2: \(stops), last", .turn: "stop 2: \(called)", .lateTurn: "stop 2: \(called)",
        ],
        .over: [
            .submitOther: "taken; begin c", .cancel: "", .finish: "", .close: "last", .turn: "", .lateTurn: "",
        ],
        .closedWaiting: [
            .submitOther: "refused: \(stops)", .cancel: "stop 1: \(stops), drop b: \(stops), last",
            .finish: "stop 1: \(stops), drop b: \(stops), last", .close: "stop 1: \(stops), drop b: \(stops), last",
            .turn: "stop 1: \(stops), drop b: \(stops), last", .lateTurn: "stop 1: \(stops), drop b: \(stops), last",
        ],
        .closedUnderWay: [
            .submitOther: "refused: \(stops)", .cancel: "stop 2: \(stops), last", .finish: "last",
            .close: "stop 2: \(stops), last", .turn: "stop 2: \(stops), last", .lateTurn: "stop 2: \(stops), last",
        ],
    ]

    @Test(arguments: State.allCases, Event.allCases)
    func everyEventInEveryState(state: State, event: Event) {
        #expect(Self.outcome(event, in: state) == Self.table[state]?[event], "\(event) in \(state)")
    }

    @Test func aRequestIsToldOfOnce() {
        var queue = Self.queue(.unwantedUnderWay)
        #expect(Self.words(queue.turn(at: Self.now)) == "stop 2: \(Self.called)")
        #expect(Self.words(queue.turn(at: Self.now)) == "")
        queue.close()
        #expect(Self.words(queue.turn(at: Self.now)) == "last")
    }

    @Test func theyBeginInTheirOrder() {
        var queue = Queue(concurrency: 1, length: 9)
        for job in ["a", "b", "c"] { _ = queue.submit(job, until: Self.now + .seconds(9)) }
        #expect(queue.nextDeadline == Self.now + .seconds(9))
        #expect(Self.words(queue.turn(at: Self.now)) == "begin a")
        for (id, next) in [(1, "begin b"), (2, "begin c"), (3, "")] {
            queue.finish(UInt64(id))
            #expect(Self.words(queue.turn(at: Self.now)) == next)
        }
        #expect(queue.nextDeadline == nil)
    }
}
