import TestSupport
import Testing

@testable import HTTPServing

/// Our parser of HTTP/1 against itself, with the bytes cut elsewhere, and against NIO's decoder, which sees what many a
/// proxy in front would see.
@Suite struct HTTP1DifferentialTests {
    @Test(arguments: RequestSamples.table)
    func `A connection is read alike whole, byte by byte and cut in two anywhere`(bytes: [UInt8]) {
        let whole = Reading([bytes[...]])
        #expect(Reading(bytes.indices.map { bytes[$0...$0] }) == whole, "\(text(bytes))")
        for cut in bytes.indices {
            #expect(Reading([bytes[..<cut], bytes[cut...]]) == whole, "cut at \(cut): \(text(bytes))")
        }
    }

    @Test(arguments: freshSeeds(100))
    func `Whatever a client sends is read alike however it is cut, with any limits`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let bytes = RequestSamples.random(&random)
            let headSize = Int.random(in: 1...200, using: &random)
            let fieldCount = Int.random(in: 0...4, using: &random)
            let whole = Reading([bytes[...]], headSize: headSize, fieldCount: fieldCount)
            let single = bytes.indices.map { bytes[$0...$0] }
            for pieces in [single] + (0..<4).map({ _ in cuts(of: bytes, &random) }) {
                #expect(
                    Reading(pieces, headSize: headSize, fieldCount: fieldCount) == whole,
                    "\(pieces.map(\.count)) headSize \(headSize) fieldCount \(fieldCount): \(text(bytes))")
            }
        }
    }

    @Test(arguments: RequestSamples.table)
    func `NIO's decoder sees the requests of the table as we do`(bytes: [UInt8]) {
        #expect(Comparison(of: bytes).fault == nil, "\(text(bytes))")
    }

    @Test(arguments: fixedSeeds(100) + [2_955_756_025_620_567_730])
    func `NIO's decoder sees whatever a client sends as we do`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<40 {
            let bytes = RequestSamples.random(&random)
            #expect(Comparison(of: bytes).fault == nil, "\(text(bytes))")
        }
    }

    @Test func `Each reason to refuse what NIO takes has an example in the table`() {
        let found = Set(RequestSamples.table.compactMap { Comparison(of: $0).reasonToBeStricter })
        #expect(Set(Comparison.reasonsToBeStricter).subtracting(found) == [])
    }

    private func cuts(of bytes: [UInt8], _ random: inout SeededGenerator) -> [ArraySlice<UInt8>] {
        var (pieces, rest) = ([ArraySlice<UInt8>](), bytes[...])
        while !rest.isEmpty {
            let size = Int.random(in: 1...max(1, rest.count / 2), using: &random)
            pieces.append(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        return pieces
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self).debugDescription }
}
