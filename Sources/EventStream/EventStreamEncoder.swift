/// Writes the blocks of an event stream (`text/event-stream`, WHATWG HTML §9.2.5) at the end of a buffer.
///
/// Lines end with LF only and there is never a byte order mark: several clients know nothing else. Each function
/// appends whole lines, so what one or more calls wrote can be sent as one write.
///
/// **Trust.** An `id` or a `type` with a line end would put fields, even events, of its author's choice into the
/// stream. They are therefore checked once, with ``isValidField(_:)``, where they enter the server: at publish. The
/// encoder trusts them. `data` may hold any bytes; invalid UTF-8 reaches the reader as U+FFFD.
public enum EventStreamEncoder {
    /// Appends one event: the fields `event`, `data`, `id` in this order, then a blank line.
    ///
    /// The standard lets fields stand in any order. The id comes last because several clients apply it as soon as they have
    /// read its line: if the connection breaks inside the block, they come back with the id of an event that they never
    /// handed on, and lose it. Behind the data, an id is read only when all of the event is there.
    ///
    /// The reader gets `data` with each CR, LF and CRLF as one LF, otherwise as it is: also empty, also with blanks at
    /// both ends. Costs one bulk copy when `data` holds no line end.
    ///
    /// - Parameters:
    ///   - id: The last event ID from this event on; must satisfy ``isValidField(_:)``. `nil` writes no field, and the
    ///     reader keeps the one it had.
    ///   - type: The event type; must satisfy ``isValidField(_:)``. Empty and `message` are the default of every reader
    ///     and not written.
    ///   - data: What the reader finds in `MessageEvent.data`.
    ///   - buffer: Where the event is appended.
    public static func appendEvent(id: [UInt8]?, type: [UInt8], data: [UInt8], to buffer: inout [UInt8]) {
        if !type.isEmpty && !type.elementsEqual("message".utf8) {
            appendLine("event: ", type, to: &buffer)
        }
        appendData(data, to: &buffer)
        if let id {
            appendLine("id: ", id, to: &buffer)
        }
        buffer.append(ASCII.lineFeed)
    }

    /// Appends a block that has only an `id:`: it sets the reader's last event ID and fires no event.
    ///
    /// - Parameters:
    ///   - id: The new last event ID; must satisfy ``isValidField(_:)``.
    ///   - buffer: Where the block is appended.
    public static func appendID(_ id: [UInt8], to buffer: inout [UInt8]) {
        appendLine("id: ", id, to: &buffer)
        buffer.append(ASCII.lineFeed)
    }

    /// Appends the line `retry: N`, without a blank line: it joins the event that follows.
    ///
    /// Some clients make an empty message of a block that is only a `retry:`.
    ///
    /// - Parameters:
    ///   - milliseconds: The reconnection time. Must not be negative: a reader would ignore it.
    ///   - buffer: Where the line is appended.
    public static func appendRetry(milliseconds: Int, to buffer: inout [UInt8]) {
        precondition(milliseconds >= 0, "negative reconnection time: \(milliseconds) ms")
        appendLine("retry: ", String(milliseconds).utf8, to: &buffer)
    }

    /// Appends one comment line of blanks, which readers skip.
    ///
    /// - Parameters:
    ///   - count: The length in bytes of the whole line, its LF included. The shortest comment has 2 bytes, so less
    ///     than that gives 2.
    ///   - buffer: Where the line is appended.
    public static func appendComment(padding count: Int, to buffer: inout [UInt8]) {
        buffer.append(ASCII.colon)
        buffer.append(contentsOf: repeatElement(ASCII.space, count: max(0, count - 2)))
        buffer.append(ASCII.lineFeed)
    }

    /// Whether the bytes may stand in a stream as an `id` or as an event type: they hold no CR, LF or NUL.
    ///
    /// CR and LF would end the field; readers ignore an `id` with U+0000 (§9.2.6).
    public static func isValidField(_ bytes: [UInt8]) -> Bool {
        !bytes.contains { ASCII.isLineEnd($0) || $0 == ASCII.null }
    }
}

extension EventStreamEncoder {
    private static func appendData(_ data: [UInt8], to buffer: inout [UInt8]) {
        if hasLineEnd(data) {
            appendLines(of: data, to: &buffer)
        } else {
            appendLine("data: ", data, to: &buffer)
        }
    }

    /// One `data` field for each line of `data`, where also CRLF is one line end.
    private static func appendLines(of data: [UInt8], to buffer: inout [UInt8]) {
        var rest = data[...]
        while let end = rest.firstIndex(where: ASCII.isLineEnd) {
            appendLine("data: ", rest[..<end], to: &buffer)
            let isCRLF = rest[end...].starts(with: [ASCII.carriageReturn, ASCII.lineFeed])
            rest = rest[(end + (isCRLF ? 2 : 1))...]
        }
        appendLine("data: ", rest, to: &buffer)
    }

    /// Looks at every byte even after a hit, and at both ends without a branch: such a loop is compiled to vector
    /// instructions, many times faster than one that can stop early.
    private static func hasLineEnd(_ data: [UInt8]) -> Bool {
        var hits: UInt8 = 0
        for byte in data {
            hits |= (byte == ASCII.lineFeed ? 1 : 0) | (byte == ASCII.carriageReturn ? 1 : 0)
        }
        return hits != 0
    }

    private static func appendLine(_ name: StaticString, _ value: some Collection<UInt8>, to buffer: inout [UInt8]) {
        buffer.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        buffer.append(contentsOf: value)
        buffer.append(ASCII.lineFeed)
    }
}
