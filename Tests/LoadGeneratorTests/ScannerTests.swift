import Testing

@testable import LoadGenerator

@Suite struct EventStreamScannerTests {
    private func scan(_ pieces: [[UInt8]], _ scanner: inout EventStreamScanner) -> [EventStreamScanner.Block] {
        var blocks: [EventStreamScanner.Block] = []
        for piece in pieces {
            piece.withUnsafeBytes { bytes in
                var offset = 0
                while let block = scanner.next(bytes, from: &offset) { blocks.append(block) }
            }
        }
        return blocks
    }

    @Test("however a stream is cut, the same events, gaps and ids are found", arguments: ["\n", "\r\n"])
    func cutStreams(_ end: String) {
        let lines = [
            "retry: 3000", "id: e-1", "", ":comment", "id: e-2", "event: price", "data: \(text(stamp(7)))xxxx", "",
            "event: pollux.gap", #"data: {"reason":"trimmed"}"#, "", "id:e-3", "data:\(text(stamp(8)))", "",
            "id: e-4", "data: \(text(stamp(9)))",
        ]
        for pieces in cuts(lines.joined(separator: end) + end) {
            var scanner = EventStreamScanner()
            #expect(self.scan(pieces, &scanner) == [.other, .event(stamp(7)), .gap, .event(stamp(8))])
            #expect(scanner.lastEventID == Array("e-3".utf8))
        }
    }

    @Test("an event that is cut off does not count, and its id is no cursor")
    func cutOff() {
        var scanner = EventStreamScanner()
        let begun = Array("id: e-1\ndata: \(text(stamp(1)))\n\nid: e-2\ndata: \(text(stamp(2)))\n".utf8)
        #expect(self.scan([begun], &scanner) == [.event(stamp(1))])
        scanner.streamEnded()
        #expect(scanner.lastEventID == Array("e-1".utf8))
        #expect(self.scan([Array("id: e-2\n\n".utf8)], &scanner) == [.other])
    }

    @Test("data that bears no stamp is another's event")
    func others() {
        var scanner = EventStreamScanner()
        #expect(
            self.scan([Array("data: hello\n\ndata: @@short\n\ndata\n\n".utf8)], &scanner) == [.other, .other, .other])
    }

    @Test("a long line is passed over, whatever pieces it comes in")
    func longLines() {
        let long = String(repeating: "x", count: 10_000)
        let bytes = Array("data: \(text(stamp(3)))\(long)\n\ndata: \(text(stamp(4)))\n\n".utf8)
        for size in [1, 100, 4_096] {
            var scanner = EventStreamScanner()
            let pieces = stride(from: 0, to: bytes.count, by: size).map {
                Array(bytes[$0..<min($0 + size, bytes.count)])
            }
            #expect(self.scan(pieces, &scanner) == [.event(stamp(3)), .event(stamp(4))])
        }
    }
}

@Suite struct StampFinderTests {
    @Test("however a poll's answer is cut, the same stamps are found")
    func cutAnswers() {
        let data = [UInt32(1), 2, 3].map { #"{"id":"e-\#($0)","data":"\#(text(stamp($0)))xx@"}"# }.joined(
            separator: ",")
        let answer = #"{"events":[\#(data)],"next":"@@@e-3","gap":null}\#(text(stamp(4)))@\#(text(stamp(5)))@@"#
        for pieces in cuts(answer) {
            var finder = StampFinder()
            var found: [UInt32] = []
            for piece in pieces { piece.withUnsafeBytes { finder.find($0) { found.append($0.number) } } }
            #expect(found == [1, 2, 3, 4, 5])
        }
    }

    @Test("what one answer ended with does not go on in the next")
    func answersApart() {
        var finder = StampFinder()
        var found = 0
        let (begin, rest) = (Array(text(stamp(1)).utf8.prefix(10)), Array(text(stamp(1)).utf8.dropFirst(10)))
        begin.withUnsafeBytes { finder.find($0) { _ in found += 1 } }
        finder.answerEnded()
        rest.withUnsafeBytes { finder.find($0) { _ in found += 1 } }
        #expect(found == 0)
    }
}

@Suite struct StampTests {
    @Test("a stamp is read back", arguments: [0, 1, 0xABCD_EF01_2345, 0xFFFF_FFFF_FFFF] as [Nanoseconds])
    func readBack(_ sent: Nanoseconds) {
        let stamp = Stamp(run: 0x00FF, sent: sent, number: .max - 1)
        #expect(stamp.bytes.count == Stamp.length)
        #expect(stamp.bytes.withUnsafeBytes { Stamp($0) } == stamp)
    }

    @Test(
        "other data is no stamp",
        arguments: [
            "", "@@", "@@000000000000000000000000"[...].dropLast() + "", "@@00000000000g000000000000",
            "@x000000000000000000000000", "@@ABCD00000000000000000000",
        ])
    func others(_ text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { Stamp($0) } == nil)
    }
}
