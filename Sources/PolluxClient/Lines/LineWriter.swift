import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Writes lines to a descriptor, each at once: whoever reads them waits for none.
public struct LineWriter: Sendable {
    /// Standard output.
    public static let output = LineWriter(descriptor: STDOUT_FILENO)
    /// Standard error.
    public static let errors = LineWriter(descriptor: STDERR_FILENO)

    private let descriptor: CInt
    private let failed = Failed()

    /// What a write failed with, for all copies of a writer.
    private final class Failed: Sendable {
        let code = Atomic<CInt>(0)
    }

    /// Why something could not be written; `nil` if all was, and also where only nobody reads any more.
    public var failure: SystemError? {
        let code = self.failed.code.load(ordering: .relaxed)
        return code == 0 ? nil : SystemError(code: code)
    }

    /// - Parameter descriptor: Is written to, and not closed.
    public init(descriptor: CInt) {
        self.descriptor = descriptor
    }

    /// Whether a person reads it.
    public var isTerminal: Bool { isatty(self.descriptor) == 1 }

    /// Writes a line and its end.
    ///
    /// - Parameter terminator: `\r` where the next line is to be written over this one.
    /// - Returns: `false` if it cannot be written; most often nobody reads it any more (`EPIPE`).
    @discardableResult
    public func write(_ line: String, terminator: String = "\n") -> Bool {
        var rest = Array((line + terminator).utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send($0) }
            guard count >= 0 || errno == EINTR else {
                if errno != EPIPE { self.failed.code.store(errno, ordering: .relaxed) }
                return false
            }
            rest = rest.dropFirst(max(count, 0))
        }
        return true
    }

    private func send(_ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.write(self.descriptor, bytes.baseAddress, bytes.count)
        #else
            Darwin.write(self.descriptor, bytes.baseAddress, bytes.count)
        #endif
    }
}
