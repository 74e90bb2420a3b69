/// The media types that a client takes (RFC 9110, section 12.5.1).
struct AcceptedTypes {
    private let field: [UInt8]

    /// - Parameter field: All lines of the field `Accept`, with commas between them.
    init(_ field: [UInt8]) {
        self.field = field
    }

    /// Which of some media types the client names with the highest weight; the first of those with the same one. `nil` if it
    /// names none of them, or only with a weight of 0: a wildcard chooses nothing.
    func preferred(of mediaTypes: [String]) -> Int? {
        // What nearly all send: one type, or anything.
        if let index = mediaTypes.firstIndex(where: { self.field.elementsEqual($0.utf8) }) { return index }
        if self.field.elementsEqual("*/*".utf8) { return nil }
        var items: [FieldItem] = []
        self.field.withUnsafeBytes { $0.forEachMember { items.append(FieldItem($0)) } }
        var best: (index: Int, weight: Int)?
        for (index, type) in mediaTypes.enumerated() {
            let weight = items.first { $0.value == type }?.weight ?? 0
            if weight > best?.weight ?? 0 { best = (index, weight) }
        }
        return best?.index
    }
}
