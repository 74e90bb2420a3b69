extension [UInt8] {
    /// Writes a number in decimal digits, without the detour over a `String`.
    package mutating func append(decimal number: UInt64) {
        // From the last digit on: a division by a constant is a multiplication, any other costs as much as the rest together.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var (rest, start) = (number, digits.count)
            repeat {
                start -= 1
                digits.initializeElement(at: start, to: UInt8(ascii: "0") + UInt8(rest % 10))
                rest /= 10
            } while rest > 0
            self.append(contentsOf: UnsafeMutableBufferPointer(rebasing: digits[start...]))
        }
    }
}
