import EventStream
import Testing

@Suite struct EventStreamEncoderTests {
    /// What an encoding function appends, as text.
    private func text(_ append: (inout [UInt8]) -> Void) -> String {
        var buffer: [UInt8] = []
        append(&buffer)
        return String(decoding: buffer, as: UTF8.self)
    }

    private func event(id: String? = nil, type: String = "", data: String) -> String {
        text {
            let id = id.map { Array($0.utf8) }
            EventStreamEncoder.appendEvent(id: id, type: Array(type.utf8), data: Array(data.utf8), to: &$0)
        }
    }

    @Test func `An event has its fields in the order event, data, id, and ends with the id`() {
        #expect(event(id: "1", type: "price", data: "{}") == "event: price\ndata: {}\nid: 1\n\n")
    }

    @Test(arguments: ["", "message"])
    func `The default type is not written`(_ type: String) {
        #expect(event(type: type, data: "a") == "data: a\n\n")
    }

    @Test(arguments: ["Message", "messages", "messag"])
    func `Any other type is written`(_ type: String) {
        #expect(event(type: type, data: "a") == "event: \(type)\ndata: a\n\n")
    }

    @Test func `An empty id is written, since it clears the last event ID`() {
        #expect(event(id: "", data: "a") == "data: a\nid: \n\n")
    }

    @Test(arguments: [
        ("", "data: \n\n"), (" ", "data:  \n\n"), ("a", "data: a\n\n"), ("\0", "data: \0\n\n"),
        ("a\nb", "data: a\ndata: b\n\n"), ("a\rb", "data: a\ndata: b\n\n"), ("a\r\nb", "data: a\ndata: b\n\n"),
        ("\n", "data: \ndata: \n\n"), ("\r\n", "data: \ndata: \n\n"), ("\n\r", "data: \ndata: \ndata: \n\n"),
        ("\r\r\n\n", "data: \ndata: \ndata: \ndata: \n\n"), ("a\n", "data: a\ndata: \n\n"),
        ("a\n\nid: 9\ndata: b", "data: a\ndata: \ndata: id: 9\ndata: data: b\n\n"),
        ("a\u{2028}b\u{85}", "data: a\u{2028}b\u{85}\n\n"),
    ])
    func `Each line of the data has a field of its own`(_ data: String, _ stream: String) {
        #expect(event(data: data) == stream)
    }

    @Test func `Bytes that are not UTF-8 are passed on as they are`() {
        var buffer: [UInt8] = []
        EventStreamEncoder.appendEvent(id: nil, type: [], data: [0xFF, 0x0A, 0xC3], to: &buffer)
        #expect(buffer == [UInt8]("data: ".utf8) + [0xFF] + "\ndata: ".utf8 + [0xC3] + "\n\n".utf8)
    }

    @Test func `A reconnection time is one line without a blank line`() {
        #expect(text { EventStreamEncoder.appendRetry(milliseconds: 3000, to: &$0) } == "retry: 3000\n")
    }

    @Test func `An id alone is a block`() {
        #expect(text { EventStreamEncoder.appendID(Array("x-1".utf8), to: &$0) } == "id: x-1\n\n")
    }

    @Test(arguments: [(-1, ":\n"), (0, ":\n"), (2, ":\n"), (3, ": \n"), (5, ":   \n")])
    func `A comment has the length that was asked for, but at least two bytes`(_ count: Int, _ comment: String) {
        #expect(text { EventStreamEncoder.appendComment(padding: count, to: &$0) } == comment)
    }

    @Test func `Padding of 2,048 bytes has 2,048 bytes`() {
        #expect(text { EventStreamEncoder.appendComment(padding: 2048, to: &$0) }.utf8.count == 2048)
    }

    @Test func `All is appended behind what the buffer holds`() {
        let stream = text {
            EventStreamEncoder.appendRetry(milliseconds: 1, to: &$0)
            EventStreamEncoder.appendComment(padding: 2, to: &$0)
            EventStreamEncoder.appendID([0x37], to: &$0)
            EventStreamEncoder.appendEvent(id: nil, type: [], data: [0x61], to: &$0)
        }
        #expect(stream == "retry: 1\n:\nid: 7\n\ndata: a\n\n")
    }

    @Test(arguments: ["", "a", " a: ", "é", "\t", "\u{2028}\u{85}", "\u{FEFF}"])
    func `A field may hold everything else`(_ text: String) {
        #expect(EventStreamEncoder.isValidField(Array(text.utf8)))
    }

    @Test(arguments: ["\n", "\r", "\0", "a\r\n", "a\nb", "\0a", "1\n\ndata: x"])
    func `A field may not hold CR, LF or NUL`(_ text: String) {
        #expect(!EventStreamEncoder.isValidField(Array(text.utf8)))
    }
}
