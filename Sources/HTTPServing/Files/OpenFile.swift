import Glibc
import NIOCore

/// A regular file that is open for reading; closed with its last reference.
final class OpenFile: Sendable {
    private let descriptor: CInt
    /// In bytes, when it was opened.
    let size: Int
    let validators: Validators

    /// - Parameter descriptor: The file's own from now on.
    init(descriptor: CInt, _ status: stat) {
        self.descriptor = descriptor
        self.size = Int(status.st_size)
        // The time of change, since that of modification can be set back; the inode, for files changed in one tick.
        let changed = status.st_ctim.tv_sec &* 1_000_000_000 &+ status.st_ctim.tv_nsec
        let state = [Int(bitPattern: UInt(status.st_ino)), self.size, changed]
        self.validators = Validators(
            entityTag: EntityTag(state.map { String($0, radix: 36) }.joined(separator: ".")),
            lastModified: min(status.st_mtim.tv_sec, time(nil)))  // not later than `Date`: RFC 9110, section 8.8.2.1
    }

    deinit {
        close(self.descriptor)
    }

    /// Reads a part; blocks.
    ///
    /// - Returns: `nil` if the file has no longer all of it, or cannot be read.
    func read(_ range: Range<Int>) -> ByteBuffer? {
        var bytes = ByteBuffer()
        while bytes.readableBytes < range.count {
            let left = range.dropFirst(bytes.readableBytes)
            let count = bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: left.count) {
                self.read(left, into: $0)
            }
            guard count > 0 else { return nil }
        }
        return bytes
    }

    /// Returns how many bytes there are now; an error counts as none.
    private func read(_ range: Range<Int>, into target: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            let count = pread(self.descriptor, target.baseAddress, range.count, range.lowerBound)
            if count >= 0 { return count }
            guard errno == EINTR else { return 0 }
        }
    }
}
