import EventStream
import TestSupport
import Testing

@Suite struct EventStreamFuzzTests {
    /// Pieces that streams are made of; half of them are wrong somewhere.
    private static let pieces: [[UInt8]] =
        [
            "data", "event", "id", "retry", "dat", "Data", ":", ": ", " ", "\n", "\n", "\n\n", "\r", "\r\n", "\r\r",
            "\0",
            "data: a\n", "data: a\n\n", "id: 1\n", "event: x\n", "retry: 5\n", "7", "\u{FEFF}", "\u{2028}", "é",
        ].map { Array($0.utf8) } + [[0xEF], [0xEF, 0xBB], [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xF0, 0x9F]]

    private func stream(_ random: inout SeededGenerator) -> [UInt8] {
        (0..<Int.random(in: 0...40, using: &random)).flatMap { _ in Self.pieces.randomElement(using: &random) ?? [] }
    }

    private func parts(of stream: [UInt8], _ random: inout SeededGenerator) -> [[UInt8]] {
        var parts: [[UInt8]] = [[]]
        for byte in stream {
            if Int.random(in: 0..<4, using: &random) == 0 {
                parts.append([])
            }
            parts[parts.count - 1].append(byte)
        }
        return parts
    }

    @Test(arguments: freshSeeds(500))
    func `The parser agrees with the reference on any stream`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let stream = stream(&random)
            let expected = ReferenceParser(stream).outputs
            #expect(try outputs(of: [stream]) == expected)
            #expect(try outputs(of: parts(of: stream, &random)) == expected)
        }
    }

    @Test(arguments: freshSeeds(200))
    func `The parser gives back any event that the encoder wrote`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var buffer: [UInt8] = []
        var expected: [EventStreamParser.Output] = []
        for number in 0..<20 {
            let data = stream(&random)
            let type = stream(&random).filter { EventStreamEncoder.isValidField([$0]) }
            EventStreamEncoder.appendEvent(id: Array("\(number)".utf8), type: type, data: data, to: &buffer)
            let typeText = type.isEmpty ? "message" : String(decoding: type, as: UTF8.self)
            expected.append(event(textWithLineFeeds(data), type: typeText, id: "\(number)"))
        }
        #expect(try outputs(of: [buffer]) == expected)
    }

    /// The text of a message's data: each CR and CRLF is an LF.
    private func textWithLineFeeds(_ data: [UInt8]) -> String {
        var scalars = String.UnicodeScalarView()
        var previous: Unicode.Scalar?
        for scalar in String(decoding: data, as: UTF8.self).unicodeScalars {
            if !(scalar == "\n" && previous == "\r") {
                scalars.append(scalar == "\r" ? "\n" : scalar)
            }
            previous = scalar
        }
        return String(scalars)
    }
}
