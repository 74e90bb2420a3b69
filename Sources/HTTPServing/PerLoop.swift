public import NIOCore
public import NIOPosix

/// A value for each event loop of a group, used on that loop alone.
public struct PerLoop<Value>: Sendable {
    private let values: [ObjectIdentifier: NIOLoopBound<Value>]
    private let loops: [any EventLoop]

    /// Makes each value on its own loop.
    ///
    /// - Throws: When a loop has been shut down.
    public init(_ group: MultiThreadedEventLoopGroup, make: @escaping @Sendable (any EventLoop) -> Value) async throws {
        var values: [ObjectIdentifier: NIOLoopBound<Value>] = [:]
        let loops = Array(group.makeIterator())
        for loop in loops {
            values[ObjectIdentifier(loop)] = try await loop.submit { NIOLoopBound(make(loop), eventLoop: loop) }.get()
        }
        self.values = values
        self.loops = loops
    }

    /// The value of a loop of the group; to be called on that loop.
    public subscript(loop: any EventLoop) -> Value {
        guard let bound = self.values[ObjectIdentifier(loop)] else {
            preconditionFailure("\(loop) is not a loop of this group: \(self.loops)")
        }
        return bound.value
    }

    /// Does something with every value, on its loop, one after the other.
    ///
    /// - Throws: When a loop has been shut down.
    public func onEach(_ body: @escaping @Sendable (Value) -> Void) async throws {
        for loop in self.loops {
            try await loop.submit { body(self[loop]) }.get()
        }
    }
}
