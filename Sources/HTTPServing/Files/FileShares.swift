import Synchronization

/// How many files are open while they are sent. Their descriptors are needed for connections, and a client may ask for
/// a large file and take nothing of it. Small files are read at once, and hold none.
final class FileShares: Sendable {
    private let most: Int
    private let taken = Atomic<Int>(0)

    init(most: Int = 64) {
        self.most = most
    }

    /// A share for one more file, given back with its last reference; `nil` if as many are open as may be.
    func take() -> FileShare? {
        guard self.taken.add(1, ordering: .relaxed).newValue <= self.most else {
            self.giveBack()
            return nil
        }
        return FileShare(self)
    }

    fileprivate func giveBack() { self.taken.subtract(1, ordering: .relaxed) }
}

/// The right to hold one file open.
final class FileShare: Sendable {
    private let shares: FileShares

    fileprivate init(_ shares: FileShares) {
        self.shares = shares
    }

    deinit { self.shares.giveBack() }
}
