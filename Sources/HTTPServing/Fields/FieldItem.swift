/// A value with parameters, as a field has it or a member of its list: `text/html;level=1;q=0.5` (RFC 9110, section
/// 5.6.6).
struct FieldItem: Equatable {
    struct Parameter: Equatable {
        /// In lower case.
        let name: String
        /// As it was sent, without its quotes.
        let value: String
    }

    /// What stands before the first semicolon, in lower case.
    let value: String
    /// In their order; a part that is no `name=value` is passed over.
    let parameters: [Parameter]

    init(_ bytes: UnsafeRawBufferPointer) {
        var value: String?
        var parameters: [Parameter] = []
        bytes.forEachPart(separator: UInt8(ascii: ";")) { part in
            if value == nil {
                value = String(decoding: part, as: UTF8.self).lowercased()
            } else if let parameter = Parameter(part) {
                parameters.append(parameter)
            }
        }
        self.value = value ?? ""
        self.parameters = parameters
    }

    /// The value of the first parameter with this name.
    func parameter(_ name: String) -> String? { self.parameters.first { $0.name == name }?.value }

    /// The weight in thousandths (RFC 9110, section 12.4.2): 1,000 where none is given; `nil` for one that is none.
    var weight: Int? {
        guard let text = self.parameter("q") else { return 1_000 }
        let digits = Array(text.utf8)
        guard let first = digits.first, first == UInt8(ascii: "0") || first == UInt8(ascii: "1"),
            digits.count <= 5, digits.count == 1 || digits[1] == UInt8(ascii: "."),
            digits.dropFirst(2).allSatisfy(\.isDigit)
        else { return nil }
        var thousandths = 0
        for place in 2..<5 {
            thousandths = thousandths * 10 + (place < digits.count ? Int(digits[place] - UInt8(ascii: "0")) : 0)
        }
        let weight = Int(first - UInt8(ascii: "0")) * 1_000 + thousandths
        return weight <= 1_000 ? weight : nil
    }
}

extension FieldItem.Parameter {
    fileprivate init?(_ part: UnsafeRawBufferPointer) {
        guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        // The standard knows no blanks around the sign; clients that send some mean the same.
        let name = UnsafeRawBufferPointer(rebasing: part[..<equals]).trimmed
        guard !name.isEmpty, name.allSatisfy(\.isToken) else { return nil }
        self.name = String(decoding: name, as: UTF8.self).lowercased()
        self.value = Self.unquoted(UnsafeRawBufferPointer(rebasing: part[(equals + 1)...]).trimmed)
    }

    /// A token as it is, a quoted string without its quotes and the backslashes before quoted pairs (section 5.6.4).
    private static func unquoted(_ bytes: UnsafeRawBufferPointer) -> String {
        guard bytes.first == UInt8(ascii: "\"") else { return String(decoding: bytes, as: UTF8.self) }
        var (text, isEscaped) = ([UInt8](), false)
        for byte in bytes.dropFirst() {
            if !isEscaped, byte == UInt8(ascii: "\"") { break }
            isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
            if !isEscaped { text.append(byte) }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
