/// Parses an event stream (`text/event-stream`) as it arrives, exactly by WHATWG HTML §9.2.6.
///
/// How the bytes are cut into calls makes no difference, also inside a CRLF, a character or the byte order mark. Bytes
/// that are not UTF-8 become U+FFFD. An event whose blank line never comes is never handed on, so a stream that ends
/// needs no last call. A reconnected stream is a new stream and wants a new parser.
///
/// The standard decodes first and then looks for lines. Here it is the other way round, with the same result: line
/// ends, colon and space are ASCII, and the decoder never takes an ASCII byte into a character or a replacement.
public struct EventStreamParser: Sendable {
    /// The most that is kept of one event, in bytes: its data and type, and the line being read. Default 1,048,576.
    public let maximumEventSize: Int

    /// The last event ID, as of the last complete block; empty until a stream sets one.
    public private(set) var lastEventID = ""

    /// The line being read, without its end.
    private var line: [UInt8] = []
    private var isFirstLine = true
    /// The line before ended with a CR, so an LF that follows at once belongs to that end.
    private var skipsLineFeed = false

    // The buffers of the standard, as bytes.
    private var data: [UInt8] = []
    private var eventType: [UInt8] = []
    private var lastEventIDBuffer: [UInt8] = []

    /// Starts at the first byte of a stream.
    ///
    /// - Parameter maximumEventSize: The limit for one event, in bytes.
    public init(maximumEventSize: Int = 1 << 20) {
        self.maximumEventSize = maximumEventSize
    }

    /// Takes the next bytes of the stream and hands on what they complete, in the order of the stream.
    ///
    /// - Parameters:
    ///   - bytes: The bytes that follow those of the call before.
    ///   - handle: Called for each output, before this function returns or throws.
    /// - Throws: ``EventTooLarge`` when an event or a line exceeds ``maximumEventSize``. The parser has then lost its
    ///   place in the stream and must not be used again.
    public mutating func parse(_ bytes: Span<UInt8>, handle: (Output) -> Void) throws(EventTooLarge) {
        var lineStart = 0
        for index in bytes.indices {
            let byte = bytes[index]
            guard ASCII.isLineEnd(byte) else { continue }
            let continuesLineEnd = byte == ASCII.lineFeed && index == lineStart && skipsLineFeed
            if !continuesLineEnd {
                try append(bytes.extracting(lineStart..<index))
                endLine(handle)
            }
            skipsLineFeed = byte == ASCII.carriageReturn
            lineStart = index + 1
        }
        try append(bytes.extracting(lineStart..<bytes.count))
    }
}

// MARK: - Lines

extension EventStreamParser {
    private mutating func append(_ part: Span<UInt8>) throws(EventTooLarge) {
        guard !part.isEmpty else { return }
        guard data.count + eventType.count + line.count + part.count <= maximumEventSize else {
            throw EventTooLarge(maximumEventSize: maximumEventSize)
        }
        skipsLineFeed = false
        part.withUnsafeBufferPointer { line.append(contentsOf: $0) }
    }

    private mutating func endLine(_ handle: (Output) -> Void) {
        var text = line[...]
        if isFirstLine && text.starts(with: [0xEF, 0xBB, 0xBF]) {
            text.removeFirst(3)
        }
        isFirstLine = false
        interpret(text, handle)
        line.removeAll(keepingCapacity: true)
    }

    private mutating func interpret(_ line: ArraySlice<UInt8>, _ handle: (Output) -> Void) {
        guard !line.isEmpty else { return dispatch(handle) }
        guard let colon = line.firstIndex(of: ASCII.colon) else { return process(field: line, value: [], handle) }
        guard colon > line.startIndex else { return }  // A comment.
        let rest = line[(colon + 1)...]
        process(field: line[..<colon], value: rest.first == ASCII.space ? rest.dropFirst() : rest, handle)
    }
}

// MARK: - Fields and events

extension EventStreamParser {
    private mutating func process(field: ArraySlice<UInt8>, value: ArraySlice<UInt8>, _ handle: (Output) -> Void) {
        if field.elementsEqual("data".utf8) {
            data.append(contentsOf: value)
            data.append(ASCII.lineFeed)
        } else if field.elementsEqual("event".utf8) {
            eventType = Array(value)
        } else if field.elementsEqual("id".utf8) {
            guard !value.contains(ASCII.null) else { return }
            lastEventIDBuffer = Array(value)
        } else if field.elementsEqual("retry".utf8) {
            guard !value.isEmpty, value.allSatisfy(ASCII.isDigit) else { return }
            handle(.reconnectionTime(milliseconds: Int(text(value)) ?? .max))
        }
    }

    private mutating func dispatch(_ handle: (Output) -> Void) {
        let previousID = lastEventID
        lastEventID = text(lastEventIDBuffer)
        if !data.isEmpty {
            let type = eventType.isEmpty ? "message" : text(eventType)
            handle(.event(ReceivedEvent(type: type, data: text(data.dropLast()), lastEventID: lastEventID)))
        } else if !lastEventID.utf8.elementsEqual(previousID.utf8) {
            // By bytes: to String's == two IDs are the same if they only differ in their normalisation.
            handle(.lastEventID(lastEventID))
        }
        data.removeAll(keepingCapacity: true)
        eventType.removeAll(keepingCapacity: true)
    }

    private func text(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
