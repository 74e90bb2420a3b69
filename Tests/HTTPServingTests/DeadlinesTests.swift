import NIOCore
import NIOEmbedded
import Testing

@testable import HTTPServing

@Suite struct DeadlinesTests {
    final class Owner: DeadlineOwner {
        var deadlineIndex: Int?
        private(set) var calls = 0
        var react: () -> Void = {}

        func deadlineReached(_ now: NIODeadline) {
            self.calls += 1
            self.react()
        }
    }

    private let loop = LoopContext(eventLoop: EmbeddedEventLoop(), responder: RecordingResponder { _, _ in })
    private let start = NIODeadline.uptimeNanoseconds(1_000)

    private func owners(_ count: Int) -> [Owner] {
        let owners = (0..<count).map { _ in Owner() }
        for owner in owners { loop.deadlines.add(owner) }
        return owners
    }

    @Test func `Who has set no deadline is never called`() {
        let owners = owners(1)
        loop.tick(.distantFuture - .nanoseconds(1))
        #expect(owners[0].calls == 0)
    }

    @Test func `Those are called whose time has come, once`() {
        let owners = owners(3)
        for (index, owner) in owners.enumerated() { loop.deadlines.set(start + .seconds(Int64(index)), of: owner) }
        loop.tick(start + .seconds(1))
        #expect(owners.map(\.calls) == [1, 1, 0])
        loop.tick(start + .seconds(2))
        #expect(owners.map(\.calls) == [1, 1, 1])
    }

    @Test func `A deadline that is moved counts alone`() {
        let owner = owners(1)[0]
        loop.deadlines.set(start, of: owner)
        loop.deadlines.set(start + .seconds(2), of: owner)
        loop.tick(start + .seconds(1))
        #expect(owner.calls == 0)
    }

    @Test func `Who is not in the table changes nothing in it`() {
        let owners = owners(2)
        loop.deadlines.set(start, of: owners[0])
        let stranger = Owner()
        loop.deadlines.set(start + .seconds(9), of: stranger)
        loop.deadlines.remove(stranger)
        loop.deadlines.remove(owners[1])
        loop.deadlines.set(start + .seconds(9), of: owners[1])
        loop.deadlines.remove(owners[1])
        loop.tick(start)
        #expect(owners.map(\.calls) == [1, 0])
        #expect(loop.deadlines.owners.count == 1)
    }

    @Test func `Who was removed is not called, and the others keep their times`() {
        let owners = owners(4)
        for (index, owner) in owners.enumerated() { loop.deadlines.set(start + .seconds(Int64(index)), of: owner) }
        loop.deadlines.remove(owners[1])
        loop.deadlines.remove(owners[3])
        loop.tick(start + .seconds(1))
        #expect(owners.map(\.calls) == [1, 0, 0, 0])
        loop.tick(start + .seconds(5))
        #expect(owners.map(\.calls) == [1, 0, 1, 0])
    }

    @Test func `Who sets a deadline when called is called again`() {
        let owner = owners(1)[0]
        let loop = loop
        let start = start
        owner.react = { loop.deadlines.set(start + .seconds(1), of: owner) }
        loop.deadlines.set(start, of: owner)
        loop.tick(start)
        loop.tick(start + .seconds(1))
        #expect(owner.calls == 2)
    }

    @Test(arguments: [true, false])
    func `Who is moved or removed by another's turn is not called`(removes: Bool) {
        let owners = owners(3)
        let (loop, start) = (loop, start)
        for owner in owners {
            loop.deadlines.set(start, of: owner)
            owner.react = {
                for other in owners where other !== owner {
                    if removes {
                        loop.deadlines.remove(other)
                    } else {
                        loop.deadlines.set(start + .seconds(1), of: other)
                    }
                }
            }
        }
        loop.tick(start)
        #expect(owners.map(\.calls).reduce(0, +) == 1)
    }

    @Test func `Who removes itself when called leaves nobody out`() {
        let owners = owners(5)
        let (loop, start) = (loop, start)
        for owner in owners {
            loop.deadlines.set(start, of: owner)
            owner.react = { loop.deadlines.remove(owner) }
        }
        loop.tick(start)
        #expect(owners.map(\.calls) == [1, 1, 1, 1, 1])
    }

    @Test func `A tick that comes late is passed over, but never two in a row`() {
        var punctuality = Punctuality()
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        let ticks: [(milliseconds: Int64, isHeldUp: Bool)] = [
            (0, false), (100, false), (350, false), (651, true), (5_000, false), (9_000, true), (13_000, false),
            (13_100, false), (13_500, true), (13_600, false), (13_700, false),
        ]
        for tick in ticks {
            #expect(punctuality.isHeldUp(at: start + .milliseconds(tick.milliseconds)) == tick.isHeldUp, "\(tick)")
        }
    }
}
