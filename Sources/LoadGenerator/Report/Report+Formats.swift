import JSON

extension Report {
    /// For people: a line for each figure, aligned at the point.
    public var table: String {
        let width = self.rows.map(\.label.count).max() ?? 0
        return self.rows.map { row in
            guard case .text(let text) = row.value else {
                let (whole, rest) = Self.parts(row.value)
                let number = Self.grouped(whole).leftPadded(to: 12) + rest
                return row.label.padded(to: width + 2) + (number.padded(to: 17) + row.unit).withoutTrailingBlanks
            }
            return row.label.padded(to: width + 2) + text
        }.joined(separator: "\n")
    }

    /// For programs: one JSON object; what was not measured is `null`.
    public var json: String {
        let members = self.rows.map { row in
            let value =
                switch row.value {
                case .text(let text): Self.quoted(text)
                case .none: "null"
                case .decimal(let number, _) where !(abs(number) < 1e12): "null"
                case .integer, .decimal: Self.parts(row.value).whole + Self.parts(row.value).rest
                }
            return Self.quoted(row.key) + ":" + value
        }
        return "{" + members.joined(separator: ",") + "}"
    }

    private static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        JSON.appendQuoted(Array(text.utf8), to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The digits before the point, and the point with those behind it.
    private static func parts(_ value: Value) -> (whole: String, rest: String) {
        switch value {
        case .text(let text): return (text, "")
        case .none: return ("-", "")
        case .integer(let number): return ("\(number)", "")
        case .decimal(let number, _) where !(abs(number) < 1e12): return ("-", "")
        case .decimal(let number, let digits):
            let scale = (0..<digits).reduce(1) { scale, _ in scale * 10 }
            let scaled = Int((abs(number) * Double(scale)).rounded())
            let sign = number < 0 && scaled > 0 ? "-" : ""
            guard digits > 0 else { return ("\(sign)\(scaled)", "") }
            return ("\(sign)\(scaled / scale)", "." + "\(scaled % scale)".leftPadded(to: digits, with: "0"))
        }
    }

    /// With a comma before each three digits.
    private static func grouped(_ digits: String) -> String {
        var grouped = ""
        for (index, digit) in digits.enumerated() {
            let left = digits.count - index
            if left.isMultiple(of: 3), let last = grouped.last, last.isNumber { grouped.append(",") }
            grouped.append(digit)
        }
        return grouped
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - self.count))
    }

    fileprivate func leftPadded(to width: Int, with character: Character = " ") -> String {
        String(repeating: character, count: max(0, width - self.count)) + self
    }

    fileprivate var withoutTrailingBlanks: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
