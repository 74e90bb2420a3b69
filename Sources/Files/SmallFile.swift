#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Files that are read whole: configurations, certificates and keys.
package enum SmallFile {
    /// Why a file could not be read, in words.
    package struct Unreadable: Error, CustomStringConvertible {
        package let description: String

        init(_ description: String) { self.description = description }

        init(errno code: CInt) { self.description = String(cString: strerror(code)) }
    }

    /// The content of a file; also of a pipe, such as a shell makes of `<(command)`, which is not waited for without end.
    ///
    /// - Parameters:
    ///   - most: Of how many bytes at most.
    ///   - patience: How long a pipe or a device may say nothing, in milliseconds.
    /// - Throws: ``Unreadable`` when it cannot be opened or read, has more than `most` bytes, or gives nothing.
    package static func bytes(of path: String, most: Int, patience: CInt = 5_000) throws(Unreadable) -> [UInt8] {
        // Without O_NONBLOCK the opening of a FIFO would wait for somebody who writes into it.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Unreadable(errno: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while bytes.count <= most {
            let count = read(descriptor, &chunk, chunk.count)
            guard count != 0 else { return bytes }
            if count > 0 {
                bytes += chunk[..<count]
            } else if errno == EAGAIN {
                try Self.wait(for: descriptor, patience)
            } else if errno != EINTR {
                throw Unreadable(errno: errno)
            }
        }
        throw Unreadable("more than \(most) bytes")
    }

    private static func wait(for descriptor: CInt, _ patience: CInt) throws(Unreadable) {
        var awaited = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&awaited, 1, patience) != 0 else {
            throw Unreadable("nothing came for \(Double(patience) / 1_000) seconds; it is no regular file")
        }
    }
}
