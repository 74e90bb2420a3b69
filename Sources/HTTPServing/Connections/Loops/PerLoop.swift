public import NIOCore
public import NIOPosix

/// A value for each event loop of a group, used on that loop alone.
public struct PerLoop<Value>: Sendable {
    // A handful at most, so that looking through them beats hashing.
    @usableFromInline
    let values: [(loop: any EventLoop, value: NIOLoopBound<Value>)]

    /// Makes each value on its own loop.
    ///
    /// - Throws: When a loop has been shut down.
    public init(_ group: MultiThreadedEventLoopGroup, make: @escaping @Sendable (any EventLoop) -> Value) async throws {
        var values: [(loop: any EventLoop, value: NIOLoopBound<Value>)] = []
        for loop in group.makeIterator() {
            values.append((loop, try await loop.submit { NIOLoopBound(make(loop), eventLoop: loop) }.get()))
        }
        self.values = values
    }

    /// The value of a loop of the group; to be called on that loop.
    @inlinable
    public subscript(loop: any EventLoop) -> Value {
        for (other, bound) in self.values where other === loop { return bound.value }
        preconditionFailure("\(loop) is not a loop of this group: \(self.values.map(\.loop))")
    }

    /// Does something with every value, on its loop, soon.
    public func onEachSoon(_ body: @escaping @Sendable (Value) -> Void) {
        for (loop, bound) in self.values { loop.execute { body(bound.value) } }
    }

    /// Does something with every value, on its loop, one after the other.
    ///
    /// - Throws: When a loop has been shut down.
    public func onEach(_ body: @escaping @Sendable (Value) -> Void) async throws {
        for (loop, bound) in self.values {
            try await loop.submit { body(bound.value) }.get()
        }
    }
}
