/// The fields of a request that the server looks at every time.
struct KnownFields: Sendable {
    /// What the field `Connection` names.
    struct Connection: OptionSet, Sendable {
        let rawValue: UInt8

        static let close = Connection(rawValue: 1)
        static let keepAlive = Connection(rawValue: 2)
        static let upgrade = Connection(rawValue: 4)
    }

    private(set) var hostCount = 0
    private(set) var contentLengths = 0
    /// `nil` if it is not a number of at most 18 digits.
    private(set) var contentLength: Int?
    private(set) var transferEncodings = 0
    private(set) var isChunked = false
    private(set) var connection: Connection = []
    private(set) var expectsContinue = false
    private(set) var isByScript = false
    private(set) var origin: String?
    private(set) var accept: [UInt8]?
    private(set) var lastEventID: [UInt8]?
    private(set) var contentType: ContentType?
    private(set) var hasContentEncoding = false
    private(set) var hasIdempotencyKey = false

    /// Notes a field. Most names are none of these, and fall out by their length.
    mutating func take(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        switch name.count {
        case 4 where name.isText("host"): self.hostCount += 1
        case 6 where name.isText("accept"): self.accept = self.accept ?? Array(value)
        case 6 where name.isText("origin"): self.origin = self.origin ?? String(decoding: value, as: UTF8.self)
        case 6 where name.isText("expect"): self.expectsContinue = value.isText("100-continue")
        case 10 where name.isText("connection"): self.takeConnection(value)
        case 12 where name.isText("content-type"): self.contentType = self.contentType ?? ContentType(value)
        case 13 where name.isText("last-event-id"): self.lastEventID = self.lastEventID ?? Array(value)
        case 14 where name.isText("content-length"):
            self.contentLengths += 1
            self.contentLength = value.decimal
        case 15 where name.isText("idempotency-key"): self.hasIdempotencyKey = true
        case 16 where name.isText("x-requested-with"): self.isByScript = true
        case 16 where name.isText("content-encoding"): self.hasContentEncoding = true
        case 17 where name.isText("transfer-encoding"):
            self.transferEncodings += 1
            self.isChunked = value.isText("chunked")
        default: break
        }
    }

    private mutating func takeConnection(_ value: UnsafeRawBufferPointer) {
        for option in value.split(separator: UInt8(ascii: ",")) {
            let option = UnsafeRawBufferPointer(rebasing: option).trimmed
            if option.isText("close") { self.connection.insert(.close) }
            if option.isText("keep-alive") { self.connection.insert(.keepAlive) }
            if option.isText("upgrade") { self.connection.insert(.upgrade) }
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether these bytes are an ASCII text in lower case, in whatever case.
    func isText(_ text: StaticString) -> Bool {
        guard self.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<self.count where self[index].asciiLowercase != text.utf8Start[index] { return false }
        return true
    }

    /// The same, in this case.
    func isExactly(_ text: StaticString) -> Bool {
        guard self.count == text.utf8CodeUnitCount else { return false }
        for index in 0..<self.count where self[index] != text.utf8Start[index] { return false }
        return true
    }

    /// Without blanks and tabs at its ends.
    var trimmed: UnsafeRawBufferPointer {
        var (start, end) = (0, self.count)
        while start < end, self[start].isBlank { start += 1 }
        while start < end, self[end - 1].isBlank { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: self[start..<end])
    }

    /// The number that these decimal digits write; `nil` if it is none, or has more than 18 of them.
    var decimal: Int? {
        guard (1...18).contains(self.count) else { return nil }
        var number = 0
        for byte in self {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return number
    }
}
