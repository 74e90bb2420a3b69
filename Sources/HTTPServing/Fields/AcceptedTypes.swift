/// The media types that a client takes (RFC 9110, section 12.5.1).
struct AcceptedTypes {
    private let field: [UInt8]

    /// - Parameter field: All lines of the field `Accept`, with commas between them.
    init(_ field: [UInt8]) {
        self.field = field
    }

    /// Which of some media types, in lower case, the client names with the highest weight; the first of those with the
    /// same one. `nil` if it names none of them, or only with a weight of 0: a wildcard chooses nothing.
    ///
    /// Every request to read comes by here, so that text is made only of members that matter and have parameters.
    func preferred(of mediaTypes: [StaticString]) -> Int? {
        var best: (index: Int, weight: Int)?
        self.field.withUnsafeBytes { bytes in
            bytes.forEachMember { member in
                let end = member.firstIndex(of: UInt8(ascii: ";")) ?? member.count
                let type = UnsafeRawBufferPointer(rebasing: member[..<end]).trimmed
                guard let index = mediaTypes.firstIndex(where: { type.isText($0) }) else { return }
                let weight = end == member.count ? 1_000 : FieldItem(member).weight ?? 0
                let isBetter = best.map { (weight, -index) > ($0.weight, -$0.index) } ?? (weight > 0)
                if isBetter { best = (index, weight) }
            }
        }
        return best?.index
    }
}
