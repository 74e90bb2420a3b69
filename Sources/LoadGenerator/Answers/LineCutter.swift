#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Cuts bytes that come in pieces into lines, ended by LF or CRLF.
///
/// A line within one piece is not copied.
struct LineCutter {
    /// The most bytes that are kept of a line that comes in several pieces; the rest of it is passed over.
    private let limit: Int
    private var beginning: [UInt8] = []

    init(limit: Int) {
        self.limit = limit
    }

    /// Lends the next line to `body`, without its end; `nil` if it is not complete yet.
    ///
    /// - Parameter offset: Where to begin, and then where to go on.
    @inline(__always)
    mutating func nextLine<Outcome>(
        _ bytes: UnsafeRawBufferPointer, from offset: inout Int, _ body: (UnsafeRawBufferPointer) -> Outcome
    ) -> Outcome? {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
        guard let start = rest.baseAddress, let found = memchr(start, CInt(UInt8(ascii: "\n")), rest.count) else {
            self.keep(rest)
            offset = bytes.count
            return nil
        }
        let length = start.distance(to: UnsafeRawPointer(found))
        let end = UnsafeRawBufferPointer(rebasing: rest[..<length])
        offset += length + 1
        guard !self.beginning.isEmpty else { return body(Self.withoutReturn(end)) }
        self.keep(end)
        defer { self.beginning.removeAll(keepingCapacity: true) }
        return self.beginning.withUnsafeBytes { body(Self.withoutReturn($0)) }
    }

    private mutating func keep(_ part: UnsafeRawBufferPointer) {
        self.beginning.append(contentsOf: part.prefix(self.limit - self.beginning.count))
    }

    private static func withoutReturn(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        line.last == UInt8(ascii: "\r") ? UnsafeRawBufferPointer(rebasing: line.dropLast()) : line
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes begin with a text.
    @inline(__always)
    func begins(with text: StaticString) -> Bool {
        self.count >= text.utf8CodeUnitCount && memcmp(self.baseAddress!, text.utf8Start, text.utf8CodeUnitCount) == 0
    }

    /// What follows a colon, without the blanks around it.
    func value(after nameLength: Int) -> UnsafeRawBufferPointer {
        var value = self[nameLength...]
        while let first = value.first, first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") { value.removeFirst() }
        while let last = value.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") { value.removeLast() }
        return UnsafeRawBufferPointer(rebasing: value)
    }

    /// The value of a field, if this is the line of the field with that name, in lower case and with the colon.
    func value(ofField name: StaticString) -> UnsafeRawBufferPointer? {
        let length = name.utf8CodeUnitCount
        guard self.count >= length else { return nil }
        for index in 0..<length {
            let byte = self[index]
            let lower = UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
            guard lower == name.utf8Start[index] else { return nil }
        }
        return self.value(after: length)
    }
}
