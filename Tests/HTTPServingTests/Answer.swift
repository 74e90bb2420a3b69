/// An answer as a client reads it from the bytes of a connection (RFC 9112), written apart from the server's code.
struct Answer: Equatable {
    struct Malformed: Error {
        let reason: String
    }

    var status: Int
    var reason: String
    var fields: [String]
    var body: String
    /// The sizes of its chunks; `nil` if it has no chunks.
    var chunks: [Int]?

    /// The value of a field that is there once.
    subscript(name: String) -> String? {
        let prefix = name.lowercased() + ": "
        let values = self.fields.filter { $0.lowercased().hasPrefix(prefix) }
        return values.count == 1 ? String(values[0].dropFirst(prefix.count)) : nil
    }

    /// Whether a field is there at all.
    func has(_ name: String) -> Bool {
        self.fields.contains { $0.lowercased().hasPrefix(name.lowercased() + ":") }
    }

    /// Reads all answers; the content of the last one ends with the text where nothing else says where.
    ///
    /// - Throws: ``Malformed`` where the text is no sequence of whole answers.
    static func parse(_ text: String, toHead: Bool = false) throws -> [Answer] {
        var rest = Array(text.utf8)[...]
        var answers: [Answer] = []
        while !rest.isEmpty { answers.append(try Self.answer(&rest, toHead: toHead)) }
        return answers
    }

    private static func answer(_ rest: inout ArraySlice<UInt8>, toHead: Bool) throws -> Answer {
        let words = try self.line(&rest).split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
            throw Malformed(reason: "no status line: \(words)")
        }
        var fields: [String] = []
        while case let line = try self.line(&rest), !line.isEmpty { fields.append(line) }
        var answer = Answer(status: status, reason: String(words[2]), fields: fields, body: "")
        if toHead || status == 204 || status == 304 || status < 200 { return answer }
        if answer["Transfer-Encoding"] == "chunked" {
            try answer.readChunks(&rest)
        } else {
            let length = answer["Content-Length"].flatMap { Int($0) } ?? rest.count
            answer.body = try self.take(length, from: &rest)
        }
        return answer
    }

    private mutating func readChunks(_ rest: inout ArraySlice<UInt8>) throws {
        var sizes: [Int] = []
        while !rest.isEmpty {
            let line = try Self.line(&rest)
            guard let size = Int(line, radix: 16) else { throw Malformed(reason: "no chunk size: \(line)") }
            sizes.append(size)
            self.body += try Self.take(size, from: &rest)
            guard try Self.line(&rest).isEmpty else { throw Malformed(reason: "no line end behind a chunk") }
            if size == 0 { break }
        }
        self.chunks = sizes
    }

    private static func line(_ rest: inout ArraySlice<UInt8>) throws -> String {
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")), end > rest.startIndex,
            rest[end - 1] == UInt8(ascii: "\r")
        else { throw Malformed(reason: "no line: \(String(decoding: rest, as: UTF8.self))") }
        defer { rest = rest[(end + 1)...] }
        return String(decoding: rest[..<(end - 1)], as: UTF8.self)
    }

    private static func take(_ count: Int, from rest: inout ArraySlice<UInt8>) throws -> String {
        guard rest.count >= count else { throw Malformed(reason: "\(rest.count) bytes where \(count) were promised") }
        defer { rest = rest.dropFirst(count) }
        return String(decoding: rest.prefix(count), as: UTF8.self)
    }
}
