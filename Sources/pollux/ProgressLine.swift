import PolluxClient

/// How far something has come, on a line of the terminal that is written over and gone at the end. Where errors do not go
/// to a terminal, nothing is shown.
final class ProgressLine {
    private let text: String
    private var shown = ""

    init(_ text: String) {
        self.text = text
    }

    /// - Parameter share: From 0 to 1; `nil` where it is not known.
    func show(_ share: Double?) {
        let line = share.map { "\(self.text): \(Int($0 * 100)) %" } ?? "\(self.text) ..."
        guard LineWriter.errors.isTerminal, line != self.shown else { return }
        self.shown = line
        LineWriter.errors.write(line, terminator: "\r")
    }

    func end() {
        guard !self.shown.isEmpty else { return }
        LineWriter.errors.write(String(repeating: " ", count: self.shown.count), terminator: "\r")
        self.shown = ""
    }
}

/// A number of bytes as people read it.
struct ByteText: CustomStringConvertible {
    let description: String

    init(_ bytes: Int) {
        var (amount, unit) = (Double(bytes), 0)
        while amount >= 1_024, unit < 4 {
            amount /= 1_024
            unit += 1
        }
        let tenths = Int((amount * 10).rounded())
        let number = unit == 0 ? "\(bytes)" : "\(tenths / 10).\(tenths % 10)"
        self.description = "\(number) \(["B", "KB", "MB", "GB", "TB"][unit])"
    }
}
