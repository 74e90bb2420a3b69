import Channels
import DequeModule

/// Something that reads a feed.
protocol FeedReader: AnyObject {
    /// Its place among the readers at the head. Kept by the turn, and true only while it is there.
    var slot: Int { get set }
}

/// What a feed has to do, in which order, and for whom.
///
/// While one step is done more can happen: a reader that is given an event leaves, or its connection asks for the next one at
/// once. It is all noted here, and done in the same turn behind the step that is under way, so that no step is ever
/// taken within another one. What is new goes to the readers at the head before anybody reads on: only then is the feed at the
/// place where a reader that has everything can join it.
struct FeedTurn<Reader: FeedReader> {
    enum Step {
        /// Give everything up to a position to the readers at the head.
        case deliver(through: Position)
        /// Let the readers at the head read on by themselves: nothing more comes to them here.
        case letGo
        /// Let a reader that is behind have the next piece.
        case readOn(Reader)
    }

    /// All events up to here have been given to the readers at the head.
    private(set) var position: Position
    /// The readers at the head; none while they are being given something (``beginDelivery(through:)``).
    private var atHead: ContiguousArray<Reader> = []
    /// Readers that are behind and may read on, in the order in which they came.
    private var behind: Deque<Reader> = []
    private var isUnderWay = false

    init(at position: Position) {
        self.position = position
    }

    /// Returns whether the caller is to take the steps. If not, a turn is under way further up the stack, which takes them.
    mutating func begin() -> Bool {
        defer { self.isUnderWay = true }
        return !self.isUnderWay
    }

    /// The next step; `nil` when the turn is over.
    ///
    /// - Parameters:
    ///   - head: The position of the newest event.
    ///   - isOver: Whether nothing more comes behind it.
    mutating func next(head: Position, isOver: Bool) -> Step? {
        if isOver, !self.atHead.isEmpty { return .letGo }
        if self.position < head {
            if !self.atHead.isEmpty { return .deliver(through: head) }
            self.position = head
        }
        if let reader = self.behind.popFirst() { return .readOn(reader) }
        self.isUnderWay = false
        return nil
    }

    // MARK: What readers do

    /// A reader that is behind may read on.
    mutating func mayReadOn(_ reader: Reader) {
        self.behind.append(reader)
    }

    /// A reader has everything up to ``position``.
    mutating func join(_ reader: Reader) {
        reader.slot = self.atHead.count
        self.atHead.append(reader)
    }

    /// A reader is no longer at the head. That of one which is not there, or is being given something, changes nothing.
    mutating func leave(_ reader: Reader) {
        guard self.atHead.indices.contains(reader.slot), self.atHead[reader.slot] === reader else { return }
        self.atHead.swapAt(reader.slot, self.atHead.count - 1)
        self.atHead[reader.slot].slot = reader.slot
        self.atHead.removeLast()
    }

    // MARK: Deliveries

    /// The readers at the head are given what there is up to a position. They come back by ``endDelivery(to:)``.
    mutating func beginDelivery(through position: Position) -> ContiguousArray<Reader> {
        self.position = position
        defer { self.atHead = [] }
        return self.atHead
    }

    /// - Parameter readers: Those that are still at the head, each with its ``FeedReader/slot``.
    mutating func endDelivery(to readers: ContiguousArray<Reader>) {
        self.atHead = readers
    }
}
