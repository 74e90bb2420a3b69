import Testing

@testable import PolluxClient

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A pipe: what is written to one end is read from the other.
private struct Pipe {
    let input: CInt
    let output: CInt

    init() throws {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw SystemError(code: errno) }
        (self.input, self.output) = (ends[0], ends[1])
    }

    func put(_ bytes: [UInt8]) {
        #expect(write(self.output, bytes, bytes.count) == bytes.count)
    }
}

@Suite struct LineReaderTests {
    private func lines(_ pieces: [[UInt8]]) throws -> [[UInt8]] {
        let pipe = try Pipe()
        defer { close(pipe.input) }
        for piece in pieces { pipe.put(piece) }
        close(pipe.output)
        var reader = LineReader(descriptor: pipe.input)
        var lines: [[UInt8]] = []
        while let line = try reader.next() { lines.append(line) }
        return lines
    }

    @Test(
        "lines end with LF or CRLF, the last perhaps with nothing",
        arguments: [
            ("", []), ("\n", [""]), ("a", ["a"]), ("a\n", ["a"]), ("a\nb", ["a", "b"]),
            ("a\r\n\r\nb\r\n", ["a", "", "b"]),
            ("a\rb\n", ["a\rb"]), ("a\r\r\n", ["a\r"]), ("é\n\0\n", ["é", "\0"]),
            ("\u{FEFF}a\n\u{FEFF}b\n", ["a", "\u{FEFF}b"]), ("\u{FEFF}", [""]), ("a\u{FEFF}", ["a\u{FEFF}"]),
        ] as [(String, [String])])
    func lines(_ text: String, _ expected: [String]) throws {
        #expect(try lines([Array(text.utf8)]) == expected.map { Array($0.utf8) })
    }

    @Test("bytes that are not UTF-8 stay as they are")
    func otherBytes() throws {
        #expect(try lines([[0xFF, 0xC3, 0x0A]]) == [[0xFF, 0xC3]])
    }

    @Test("a line is there as soon as it is whole, before the end of the input")
    func immediate() throws {
        let pipe = try Pipe()
        defer { close(pipe.input) }
        var reader = LineReader(descriptor: pipe.input)
        pipe.put(Array("a\nb".utf8))
        #expect(try reader.next() == Array("a".utf8))
        pipe.put(Array("c\nd\n".utf8))
        #expect(try reader.next() == Array("bc".utf8))
        close(pipe.output)
        #expect(try reader.next() == Array("d".utf8))
        #expect(try reader.next() == nil)
    }

    @Test("a line may be longer than what is read at once")
    func longLine() async throws {
        let pipe = try Pipe()
        let line = [UInt8](repeating: 0x61, count: 300_000)
        let writer = Task.detached {
            var rest = (line + [0x0A] + line)[...]
            while !rest.isEmpty {
                rest = rest.dropFirst(rest.withUnsafeBytes { write(pipe.output, $0.baseAddress, $0.count) })
            }
            close(pipe.output)
        }
        var reader = LineReader(descriptor: pipe.input)
        #expect(try reader.next() == line)
        #expect(try reader.next() == line)
        #expect(try reader.next() == nil)
        await writer.value
        close(pipe.input)
    }

    @Test("what cannot be read is an error of the system")
    func unreadable() {
        var reader = LineReader(descriptor: -1)
        #expect(throws: SystemError(code: EBADF)) { try reader.next() }
    }
}

@Suite struct LineWriterTests {
    @Test("a line is written at once, with its end")
    func write() throws {
        let pipe = try Pipe()
        defer { close(pipe.input) }
        #expect(LineWriter(descriptor: pipe.output).write("é"))
        var reader = LineReader(descriptor: pipe.input)
        #expect(try reader.next() == Array("é".utf8))
        close(pipe.output)
    }

    @Test("a writer is told when it cannot write")
    func unwritable() {
        #expect(!LineWriter(descriptor: -1).write("x"))
    }
}

@Suite struct LineFormatTests {
    private let event = FollowedEvent(id: "e-1", channel: "c", type: "price", data: "a\nb\u{1B}[2J\u{9B}\t")

    @Test("text is type and data, further lines indented")
    func text() {
        let format = LineFormat(isJSON: false, isForTerminal: false, namesChannel: false)
        #expect(format.line(event) == "price: a\n  b\u{1B}[2J\u{9B}\t")
    }

    @Test("text names the channel where there are several")
    func channel() {
        let format = LineFormat(isJSON: false, isForTerminal: false, namesChannel: true)
        #expect(format.line(FollowedEvent(id: "e-1", channel: "c", type: "t", data: "d")) == "c t: d")
    }

    @Test("a terminal gets the id, dimmed, and no control character of the event's")
    func terminal() {
        let format = LineFormat(isJSON: false, isForTerminal: true, namesChannel: false)
        #expect(format.line(event) == "\u{1B}[2me-1\u{1B}[0m price: a\n  b␛[2J\u{FFFD}\t")
    }

    @Test("JSON has id, channel, event and data in one line")
    func json() {
        let format = LineFormat(isJSON: true, isForTerminal: true, namesChannel: true)
        let line = format.line(FollowedEvent(id: "e-1", channel: "c", type: "t", data: "a\n\"b\""))
        #expect(line == #"{"id":"e-1","channel":"c","event":"t","data":"a\n\"b\""}"#)
    }

    @Test("a gap is a line of JSON, and none of text")
    func gap() {
        let gap = Gap(reason: "trimmed", after: "e-1", resumedAt: nil)
        let json = LineFormat(isJSON: true, isForTerminal: false, namesChannel: false)
        #expect(json.line(gap) == #"{"gap":{"reason":"trimmed","after":"e-1","resumedAt":null}}"#)
        #expect(LineFormat(isJSON: false, isForTerminal: false, namesChannel: false).line(gap) == nil)
        #expect("\(gap)" == "events after e-1 are no longer kept; going on with what comes")
    }

    @Test(
        "a gap says in a sentence what has happened, for each of its reasons",
        arguments: [
            ("trimmed", "events after e-1 are no longer kept"),
            ("lost", "the server was set back, and what came after e-1 in its last life is lost"),
            ("epoch", "e-1 is of a server with another past"),
            ("unknown", "e-1 is no event id of this server"),
        ])
    func reasons(reason: String, sentence: String) {
        #expect("\(Gap(reason: reason, after: "e-1", resumedAt: "f-2"))" == "\(sentence); going on at f-2")
    }
}
