import EventStream

/// The outputs of a parser that gets the parts of a stream one after the other.
func outputs(of parts: [[UInt8]], maximumEventSize: Int = 1 << 20) throws -> [EventStreamParser.Output] {
    var parser = EventStreamParser(maximumEventSize: maximumEventSize)
    var outputs: [EventStreamParser.Output] = []
    for part in parts {
        try parser.parse(part.span) { outputs.append($0) }
    }
    return outputs
}

/// The stream in all the ways that the tests cut it: whole, byte by byte, and in two at every byte.
func cuts(of stream: [UInt8]) -> [[[UInt8]]] {
    let halves = stream.indices.map { [Array(stream[..<$0]), Array(stream[$0...])] }
    return [[stream], stream.map { [$0] }] + halves
}

/// An event, shorter to write in tables.
func event(_ data: String, type: String = "message", id: String = "") -> EventStreamParser.Output {
    .event(ReceivedEvent(type: type, data: data, lastEventID: id))
}
