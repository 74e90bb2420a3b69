/// What of a content a request's field `Range` asks for (RFC 9110, section 14).
enum ByteRange: Equatable {
    /// All of it: what else the field may be is passed over, as section 14.2 allows. That includes several ranges.
    case whole
    case part(Range<Int>)
    /// One range, with none of the content's bytes in it.
    case unsatisfiable

    /// - Parameters:
    ///   - field: The field's value.
    ///   - size: Of the whole content, in bytes.
    init(_ field: String, of size: Int) {
        let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].lowercased() == "bytes" else {
            self = .whole
            return
        }
        let specs = parts[1].split(separator: ",").map { String($0).trimmed }.filter { !$0.isEmpty }
        self = specs.count == 1 ? Self(spec: specs[0], size) : .whole
    }

    /// A single `first-`, `first-last` or `-length` (section 14.1.2).
    private init(spec: String, _ size: Int) {
        let ends = spec.split(separator: "-", omittingEmptySubsequences: false)
        self = .whole
        guard ends.count == 2 else { return }
        switch (Self.number(ends[0]), Self.number(ends[1])) {
        case (let first?, let last?) where first <= last: self = Self(first, min(last, size - 1), size)
        case (let first?, nil) where ends[1].isEmpty: self = Self(first, size - 1, size)
        case (nil, 0?) where ends[0].isEmpty: self = .unsatisfiable
        case (nil, let length?) where ends[0].isEmpty && size > 0: self = .part(max(0, size - length)..<size)
        default: break
        }
    }

    private init(_ first: Int, _ last: Int, _ size: Int) {
        self = first < size ? .part(first..<last + 1) : .unsatisfiable
    }

    /// Digits only. A number too great to be held is as good as the greatest that can.
    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return Int(text) ?? .max
    }
}
