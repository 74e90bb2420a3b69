import Channels
import Synchronization

/// A channel's name that is known to be valid.
func name(_ text: String) -> ChannelName {
    guard let name = try? ChannelName(text) else { preconditionFailure("no channel name: \(text)") }
    return name
}

/// A draft that is known to be valid.
func draft(_ data: String, type: String = "") -> Draft {
    guard let draft = try? Draft(type: Array(type.utf8), data: Array(data.utf8)) else {
        preconditionFailure("no draft: \(data) of type \(type)")
    }
    return draft
}

func key(_ text: String) -> IdempotencyKey {
    guard let key = IdempotencyKey(text) else { preconditionFailure("no idempotency key: \(text)") }
    return key
}

func position(_ number: some BinaryInteger) -> Position { Position(rawValue: UInt64(number)) }

func event(_ number: Int, channel: String = "orders", time: Int64 = 0, size: Int = 1) -> Event {
    Event(
        position: position(number), time: time, instant: time, channel: name(channel), type: [],
        data: [UInt8](repeating: UInt8(ascii: "x"), count: size))
}

extension Sequence<Event> {
    /// The positions as plain numbers, as tests write them down.
    var numbers: [UInt64] { self.map(\.position.rawValue) }
}

extension PageLimit {
    /// More than any test holds.
    static let all = PageLimit(events: .max, bytes: .max)
}

/// A clock that stands still until time passes, and that may be put forward and back.
final class TestClock: Sendable {
    private let steady: Atomic<Int64>
    private let offset = Atomic<Int64>(500_000)

    init(_ now: Int64 = 1_000_000_000_000) {
        self.steady = Atomic(now - 500_000)
    }

    var milliseconds: Int64 {
        self.steadyMilliseconds + self.offset.load(ordering: .sequentiallyConsistent)
    }
    var steadyMilliseconds: Int64 { self.steady.load(ordering: .sequentiallyConsistent) }

    /// Time passes.
    func advance(by milliseconds: Int64) {
        self.steady.add(milliseconds, ordering: .sequentiallyConsistent)
    }

    /// Somebody sets the time of day.
    func set(forwardBy milliseconds: Int64) {
        self.offset.add(milliseconds, ordering: .sequentiallyConsistent)
    }

    var wallClock: WallClock {
        WallClock(milliseconds: { self.milliseconds }, steadyMilliseconds: { self.steadyMilliseconds })
    }
}

/// Something that is counted from any thread.
final class Counter: Sendable {
    private let number = Atomic(0)

    var count: Int { self.number.load(ordering: .sequentiallyConsistent) }

    func increment() {
        self.number.add(1, ordering: .sequentiallyConsistent)
    }
}
