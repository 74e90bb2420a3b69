import EventStream
import Testing

@Suite struct EventStreamParserTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let stream: [UInt8]
        let outputs: [EventStreamParser.Output]

        init(_ description: String, _ stream: String, _ outputs: [EventStreamParser.Output]) {
            self.init(description, bytes: Array(stream.utf8), outputs)
        }

        init(_ description: String, bytes: [UInt8], _ outputs: [EventStreamParser.Output]) {
            testDescription = description
            stream = bytes
            self.outputs = outputs
        }
    }

    static let lines = [
        Case("nothing", "", []),
        Case("LF", "data: a\n\n", [event("a")]),
        Case("CR", "data: a\r\r", [event("a")]),
        Case("CRLF", "data: a\r\n\r\n", [event("a")]),
        Case("CRLF inside an event", "event: x\r\ndata: a\r\ndata: b\r\n\r\n", [event("a\nb", type: "x")]),
        Case("LF then CRLF", "data: a\n\r\n", [event("a")]),
        Case("CR then CRLF", "data: a\r\r\ndata: b\r\r\n", [event("a"), event("b")]),
        Case("LF CR is two ends", "data: a\n\rdata: b\n\r", [event("a"), event("b")]),
        Case("CRLF LF is two ends", "data: a\r\n\ndata: b\r\n\n", [event("a"), event("b")]),
        Case("other separators end no line", "data: \u{2028}\u{85}\u{B}\u{C}\n\n", [event("\u{2028}\u{85}\u{B}\u{C}")]),
        Case("no blank line at the end", "data: a\n", []),
        Case("no line end at the end", "data: a\n\ndata: b", [event("a")]),
        Case("an id without its blank line", "id: 1\ndata: a\n", []),
        Case("blank lines between events", "\n\ndata: a\n\n\n\n\ndata: b\n\n", [event("a"), event("b")]),
    ]

    static let fields = [
        Case("data of several lines", "data: a\ndata: b\n\n", [event("a\nb")]),
        Case("data that ends with a line end", "data: a\ndata:\n\n", [event("a\n")]),
        Case("data without a value", "data\n\n", [event("")]),
        Case("data twice without a value", "data\ndata\n\n", [event("\n")]),
        Case("data with an empty value", "data:\n\ndata: \n\n", [event(""), event("")]),
        Case("no blank after the colon", "data:a\n\n", [event("a")]),
        Case("one blank is dropped", "data:  a \n\n", [event(" a ")]),
        Case("a tab is not", "data:\ta\n\n", [event("\ta")]),
        Case("only the first colon splits", "data: a:b: c\n\n", [event("a:b: c")]),
        Case("names are compared literally", "Data: a\nDATA: a\n data: a\ndata : a\ndataset: a\ndat: a\n\n", []),
        Case("unknown fields", "heartbeatTimeout: 3\ndata: a\nx\n\n", [event("a")]),
        Case("comments", ":\n: data: x\n:data: x\ndata: a\n:\n\n:\n\n", [event("a")]),
        Case("a type", "event: price\ndata: a\n\n", [event("a", type: "price")]),
        Case("a type lasts one event", "event: x\ndata: a\n\ndata: b\n\n", [event("a", type: "x"), event("b")]),
        Case("a type without data is forgotten", "event: x\n\ndata: a\n\n", [event("a")]),
        Case("the last type counts", "event: x\nevent: y\ndata: a\n\n", [event("a", type: "y")]),
        Case("an empty type is the default", "event: x\nevent\ndata: a\n\n", [event("a")]),
        Case("a type with NUL and blanks", "event:  \0 \ndata: a\n\n", [event("a", type: " \0 ")]),
        Case("data with NUL", "data: \0\n\n", [event("\0")]),
    ]

    static let ids = [
        Case("an id", "id: 1\ndata: a\n\n", [event("a", id: "1")]),
        Case("an id after the data", "data: a\nid: 1\n\n", [event("a", id: "1")]),
        Case("an id persists", "id: 1\ndata: a\n\ndata: b\n\n", [event("a", id: "1"), event("b", id: "1")]),
        Case("an empty id clears", "id: 1\ndata: a\n\nid\ndata: b\n\n", [event("a", id: "1"), event("b")]),
        Case("an id with NUL is ignored", "id: 1\nid: 2\0\ndata: a\n\n", [event("a", id: "1")]),
        Case("an id of any characters", "id:  é:\u{1F600} \ndata: a\n\n", [event("a", id: " é:\u{1F600} ")]),
        Case("a block of an id", "id: 1\n\ndata: a\n\n", [.lastEventID("1"), event("a", id: "1")]),
        Case("the same id again", "id: 1\n\nid: 1\n\nid: 2\n\n", [.lastEventID("1"), .lastEventID("2")]),
        Case("a block that clears the id", "id: 1\n\nid:\n\nid:\n\n", [.lastEventID("1"), .lastEventID("")]),
        Case("ids are bytes", "id: \u{E9}\n\nid: e\u{301}\n\n", [.lastEventID("\u{E9}"), .lastEventID("e\u{301}")]),
    ]

    static let reconnectionTimes = [
        Case("digits", "retry: 3000\n", [.reconnectionTime(milliseconds: 3000)]),
        Case("zero", "retry:0\n", [.reconnectionTime(milliseconds: 0)]),
        Case("leading zeros are decimal", "retry: 010\n", [.reconnectionTime(milliseconds: 10)]),
        Case("beyond Int", "retry: 99999999999999999999\n", [.reconnectionTime(milliseconds: .max)]),
        Case("no digits", "retry\nretry:\nretry: \nretry:  1\nretry: 1 \nretry: -1\nretry: +1\nretry: 1.5\n", []),
        Case("other digits", "retry: \u{661}\nretry: 0x1\nretry: 1e3\nretry: 1\0\n", []),
        Case("inside an event", "retry: 1\ndata: a\n\n", [.reconnectionTime(milliseconds: 1), event("a")]),
        Case("a block of its own", "retry: 1\n\n", [.reconnectionTime(milliseconds: 1)]),
    ]

    /// A block with one data field of the given bytes.
    private static func data(_ bytes: [UInt8]) -> [UInt8] {
        "data: ".utf8 + bytes + "\n\n".utf8
    }

    static let encodings = [
        Case("a byte order mark", "\u{FEFF}data: a\n\n", [event("a")]),
        Case("a second one is text", "\u{FEFF}\u{FEFF}data: a\n\ndata: b\n\n", [event("b")]),
        Case("one on a later line is text", "\n\u{FEFF}data: a\n\ndata: \u{FEFF}\n\n", [event("\u{FEFF}")]),
        Case("one before a line end", "\u{FEFF}\ndata: a\n\n", [event("a")]),
        Case("half a byte order mark", bytes: [0xEF, 0xBB] + "data: a\n\ndata: b\n\n".utf8, [event("b")]),
        Case("characters of four lengths", "data: aé€\u{1F600}\n\n", [event("aé€\u{1F600}")]),
        Case("a lone byte", bytes: data([0xFF]), [event("\u{FFFD}")]),
        Case("a cut character", bytes: data([0xF0, 0x9F, 0x98, 0x61]), [event("\u{FFFD}a")]),
        Case("a surrogate", bytes: data([0xED, 0xA0, 0x80]), [event("\u{FFFD}\u{FFFD}\u{FFFD}")]),
        Case("an overlong line end", bytes: data([0xC0, 0x8A]), [event("\u{FFFD}\u{FFFD}")]),
        Case("a bad byte in an id", bytes: "id: ".utf8 + [0x80] + "\n\n".utf8, [.lastEventID("\u{FFFD}")]),
        Case("a bad byte in a type", bytes: "event: ".utf8 + [0x80] + "\ndata\n\n".utf8, [event("", type: "\u{FFFD}")]),
    ]

    @Test(arguments: [lines, fields, ids, reconnectionTimes, encodings].joined())
    func `A stream means what the standard says, however it is cut`(_ example: Case) throws {
        for parts in cuts(of: example.stream) {
            #expect(try outputs(of: parts) == example.outputs, "cut into \(parts.map(\.count))")
        }
    }

    @Test(arguments: [lines, fields, ids, reconnectionTimes, encodings].joined())
    func `The reference implementation agrees with the tables`(_ example: Case) {
        #expect(ReferenceParser(example.stream).outputs == example.outputs)
    }

    @Test func `The parser knows the last event ID of the last complete block`() throws {
        var parser = EventStreamParser()
        try parser.parse(Array("id: 1\ndata: a\n\nid: 2\ndata: b\n".utf8).span) { _ in }
        #expect(parser.lastEventID == "1")
        try parser.parse(Array("\n".utf8).span) { _ in }
        #expect(parser.lastEventID == "2")
    }
}
