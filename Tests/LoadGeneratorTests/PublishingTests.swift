import PolluxClient
import Testing

@testable import LoadGenerator

@Suite struct PublishingTests {
    private static let millisecond: Nanoseconds = 1_000_000

    private func publishing(_ change: (inout Workload) -> Void) -> Publishing {
        var workload = Workload(server: .standard)
        workload.amount = .events(4)
        change(&workload)
        var publishing = Publishing(workload)
        publishing.start(at: 5 * Nanoseconds.second)
        return publishing
    }

    @Test("with a rate each event has its moment")
    func pace() {
        var publishing = self.publishing { $0.rate = 20 }
        var now = 5 * Nanoseconds.second
        for number in 0..<4 {
            #expect(publishing.next(at: now) == .send(channel: 0, number: number))
            publishing.answered(status: 201)
            let due = 5 * Nanoseconds.second + UInt64(number + 1) * 50 * Self.millisecond
            #expect(publishing.next(at: due - 1) == (number == 3 ? .done : .wait(until: due)))
            now = due
        }
        #expect(publishing.late == 0)
    }

    @Test("a rate that leads beyond all time is waited for", arguments: [1e-300, 1e-12])
    func slowest(_ rate: Double) {
        var publishing = self.publishing { $0.rate = rate }
        _ = publishing.next(at: 5 * Nanoseconds.second)
        guard case .wait(let moment) = publishing.next(at: 6 * Nanoseconds.second) else {
            Issue.record("nothing is to be sent")
            return
        }
        #expect(moment > 1_000 * Nanoseconds.second)
    }

    @Test("who is late catches up, and it is told")
    func late() {
        var publishing = self.publishing { $0.rate = 20 }
        let now = 5 * Nanoseconds.second + 120 * Self.millisecond
        let steps = (0..<4).map { _ in publishing.next(at: now) }
        #expect(steps[2] == .send(channel: 0, number: 2))
        #expect(steps[3] == .wait(until: 5 * Nanoseconds.second + 150 * Self.millisecond))
        #expect(publishing.late == 120 * Self.millisecond)
    }

    @Test("without a rate only answers hold it up")
    func window() {
        var publishing = self.publishing {
            $0.rate = 0
            $0.window = 2
        }
        let now = 5 * Nanoseconds.second
        #expect(publishing.next(at: now) == .send(channel: 0, number: 0))
        #expect(publishing.next(at: now) == .send(channel: 0, number: 1))
        #expect(publishing.next(at: now) == .waitForAnswer)
        publishing.answered(status: 201)
        #expect(publishing.next(at: now) == .send(channel: 0, number: 2))
        #expect(publishing.next(at: now) == .waitForAnswer)
    }

    @Test("events go to the channels in turn, and are numbered in each")
    func channels() {
        var publishing = self.publishing {
            $0.rate = 0
            $0.channels = 3
        }
        let steps = (0..<5).map { _ in publishing.next(at: 5 * Nanoseconds.second) }
        #expect(
            steps == [
                .send(channel: 0, number: 0), .send(channel: 1, number: 0), .send(channel: 2, number: 0),
                .send(channel: 0, number: 1), .allSent,
            ])
        #expect(publishing.sentByChannel == [2, 1, 1])
    }

    @Test("for a duration it goes on until that is over")
    func duration() {
        var publishing = self.publishing {
            $0.amount = .seconds(2)
            $0.rate = 1
        }
        #expect(publishing.next(at: 5 * Nanoseconds.second) == .send(channel: 0, number: 0))
        #expect(publishing.next(at: 6 * Nanoseconds.second) == .send(channel: 0, number: 1))
        #expect(publishing.next(at: 7 * Nanoseconds.second) == .allSent)
        #expect(!publishing.isDone(at: 7 * Nanoseconds.second))
        publishing.answered(status: 201)
        publishing.answered(status: 201)
        #expect(publishing.isDone(at: 7 * Nanoseconds.second))
    }

    @Test("what is refused, or was not answered when the connection broke, is known by number")
    func failures() {
        var publishing = self.publishing {
            $0.rate = 0
            $0.channels = 2
        }
        for _ in 0..<4 { _ = publishing.next(at: 5 * Nanoseconds.second) }
        publishing.answered(status: 201)
        publishing.answered(status: 503)
        publishing.connectionLost()
        #expect(publishing.refused == [1])
        #expect(publishing.unanswered == [2, 3])
        #expect(publishing.failedByChannel == [[1], [0, 1]])
        #expect(publishing.kept == 1)
        #expect(publishing.firstRefusal == 503)
        #expect(publishing.isDone(at: 5 * Nanoseconds.second))
    }
}
