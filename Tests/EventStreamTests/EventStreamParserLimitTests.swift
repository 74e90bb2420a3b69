import EventStream
import Testing

@Suite struct EventStreamParserLimitTests {
    @Test(arguments: [
        "data: 78901", "data: 789\r\ndata: a", "event: 8901", ":2345678901", "data: 6\nevent: 90",
        "event: 90\ndata: 678",
    ])
    func `An event or a line beyond the limit is an error, however it is cut`(_ stream: String) throws {
        for parts in cuts(of: Array(stream.utf8)) {
            let error = #expect(throws: EventStreamParser.EventTooLarge.self) {
                try outputs(of: parts, maximumEventSize: 10)
            }
            #expect(error?.maximumEventSize == 10)
        }
    }

    @Test func `An event as large as the limit is handed on`() throws {
        for parts in cuts(of: Array("data: 7890\n\ndata: 7890\n\n".utf8)) {
            #expect(try outputs(of: parts, maximumEventSize: 10) == [event("7890"), event("7890")])
        }
    }

    @Test func `What comes before an event that is too large is handed on`() {
        var parser = EventStreamParser(maximumEventSize: 10)
        var outputs: [EventStreamParser.Output] = []
        #expect(throws: EventStreamParser.EventTooLarge.self) {
            try parser.parse(Array("data: a\n\ndata: 78901\n\n".utf8).span) { outputs.append($0) }
        }
        #expect(outputs == [event("a")])
    }

    @Test func `Comments, ids and reconnection times add up to nothing`() throws {
        let line = Array(":2345678\nid: 1\nretry: 1\nx: 1\n".utf8)
        let outputs = try outputs(of: Array(repeating: line, count: 100), maximumEventSize: 10)
        #expect(outputs.count == 100)
    }
}
