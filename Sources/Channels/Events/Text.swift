/// What bytes from outside are, as text.
enum TextKind {
    case notUTF8
    /// UTF-8 with C0 controls, DEL or C1 controls.
    case withControls
    case plain
}

extension [UInt8] {
    var textKind: TextKind {
        // Most names and types are printable ASCII.
        if self.allSatisfy({ (0x20...0x7E).contains($0) }) { return .plain }
        guard let text = String(validating: self, as: UTF8.self) else { return .notUTF8 }
        let hasControl = text.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
        return hasControl ? .withControls : .plain
    }

    var isUTF8: Bool {
        if #available(macOS 26, *) {
            return (try? UTF8Span(validating: self.span)) != nil
        } else {
            return String(validating: self, as: UTF8.self) != nil
        }
    }

    /// Looks at every byte: without an early end the compiler takes many at a time.
    var hasCarriageReturn: Bool {
        self.reduce(0 as UInt8) { $0 | ($1 == UInt8(ascii: "\r") ? 1 : 0) } != 0
    }

    /// The same text with CR and CRLF written as LF.
    func withLineFeeds() -> [UInt8] {
        guard self.hasCarriageReturn else { return self }
        var text = [UInt8]()
        text.reserveCapacity(self.count)
        for (index, byte) in self.enumerated() {
            if byte == UInt8(ascii: "\n"), index > 0, self[index - 1] == UInt8(ascii: "\r") { continue }
            text.append(byte == UInt8(ascii: "\r") ? UInt8(ascii: "\n") : byte)
        }
        return text
    }
}
