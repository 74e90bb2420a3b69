#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Files that are read whole, before the server starts.
enum SmallFile {
    /// Why a file could not be read, in words.
    struct Unreadable: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }

        init(errno code: CInt) { self.description = String(cString: strerror(code)) }
    }

    /// The content of a file.
    ///
    /// - Throws: ``Unreadable`` when it cannot be opened or read, or has more than `most` bytes.
    static func bytes(of path: String, most: Int) throws(Unreadable) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Unreadable(errno: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while bytes.count <= most {
            let count = read(descriptor, &chunk, chunk.count)
            guard count != 0 else { return bytes }
            if count > 0 {
                bytes += chunk[..<count]
            } else if errno != EINTR {
                throw Unreadable(errno: errno)
            }
        }
        throw Unreadable("more than \(most) bytes")
    }
}
