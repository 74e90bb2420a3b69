import JSON

/// The units of a quantity, which is written as a whole number with or without one: `64KB`, `4 MB`, `15s`, `15`.
struct Units: Sendable {
    /// What a number without a unit counts.
    private let plain: Int
    /// Each unit's name and worth, the smaller ones first; of two with the same worth, the latter one is written.
    private let named: [(name: String, worth: Int)]

    /// Bytes; K, M, G and T are powers of 1024, with or without `i`.
    static let bytes = Units(
        plain: 1,
        named: [
            ("B", 1), ("KiB", 1 << 10), ("KB", 1 << 10), ("MiB", 1 << 20), ("MB", 1 << 20), ("GiB", 1 << 30),
            ("GB", 1 << 30), ("TiB", 1 << 40), ("TB", 1 << 40),
        ])

    /// Times in milliseconds; a number without a unit is seconds.
    static let milliseconds = Units(
        plain: 1_000, named: [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)])

    /// The quantity that a number or a text stands for; `nil` if it is neither, has no known unit, or overflows.
    func read(_ value: JSONValue) -> Int? {
        if let number = value.integerValue { return Self.product(Int(number), self.plain) }
        guard let text = value.stringValue else { return nil }
        let digits = text.prefix { $0.isNumber }
        guard let number = Int(digits) else { return nil }
        let name = text[digits.endIndex...].drop { $0 == " " }
        let worth = name.isEmpty ? self.plain : self.named.first { $0.name == name }?.worth
        return worth.flatMap { Self.product(number, $0) }
    }

    /// The quantity in the largest unit that needs no fraction.
    func write(_ quantity: Int) -> String {
        guard quantity != 0, let unit = self.named.last(where: { quantity % $0.worth == 0 }) else { return "0" }
        return "\(quantity / unit.worth)\(unit.name)"
    }

    private static func product(_ left: Int, _ right: Int) -> Int? {
        let (product, overflows) = left.multipliedReportingOverflow(by: right)
        return overflows ? nil : product
    }
}
