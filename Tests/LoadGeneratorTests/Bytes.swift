@testable import LoadGenerator

/// All ways to cut bytes into two pieces, and into single bytes.
func cuts(_ text: String) -> [[[UInt8]]] {
    let bytes = Array(text.utf8)
    let pairs = (0...bytes.count).map { [Array(bytes[..<$0]), Array(bytes[$0...])] }
    return pairs + [bytes.map { [$0] }]
}

/// A stamp's text.
func text(_ stamp: Stamp) -> String { String(decoding: stamp.bytes, as: UTF8.self) }

func stamp(_ number: UInt32) -> Stamp { Stamp(run: 0xAB12, sent: 0x0123_4567_89AB, number: number) }
