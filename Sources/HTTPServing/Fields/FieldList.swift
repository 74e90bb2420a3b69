extension UnsafeRawBufferPointer {
    /// Calls `body` with each member of a list (RFC 9110, section 5.6.1): what stands between commas that are not in
    /// quotes, without the blanks around it. Empty members are passed over, as that section asks.
    ///
    /// A field that is there several times is one list; whoever reads it puts its lines together, with a comma between
    /// them (section 5.3).
    func forEachMember(_ body: (UnsafeRawBufferPointer) -> Void) {
        self.forEachPart(separator: UInt8(ascii: ",")) { if !$0.isEmpty { body($0) } }
    }

    /// Calls `body` with each part between separators that are not in quotes, without the blanks around it.
    func forEachPart(separator: UInt8, _ body: (UnsafeRawBufferPointer) -> Void) {
        var start = 0
        while start <= self.count {
            let end = self.end(ofPartFrom: start, separator: separator)
            body(UnsafeRawBufferPointer(rebasing: self[start..<end]).trimmed)
            start = end + 1
        }
    }

    /// Where a part ends. A backslash in quotes takes the next byte along (section 5.6.4); quotes that are never closed
    /// reach to the end.
    private func end(ofPartFrom start: Int, separator: UInt8) -> Int {
        var (index, isQuoted) = (start, false)
        while index < self.count {
            switch self[index] {
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "\\") where isQuoted: index += 1
            case separator where !isQuoted: return index
            default: break
            }
            index += 1
        }
        return self.count
    }
}
