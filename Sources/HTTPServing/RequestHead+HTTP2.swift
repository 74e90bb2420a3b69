import NIOHPACK
import NIOHTTP1

extension RequestHead {
    /// The head that a block of fields says (RFC 9113, section 8.3). That the block is well-formed was checked.
    ///
    /// - Throws: ``Problem`` 431 if there are more than `fieldCount` fields; 400 if a request needs more than there is.
    convenience init(_ headers: HPACKHeaders, fieldCount: Int) throws(Problem) {
        guard headers.count <= fieldCount else { throw .headTooLarge("limits.headerCount", fieldCount, "fields") }
        guard let method = headers.first(name: ":method"), let path = headers.first(name: ":path"),
            path.utf8.first == UInt8(ascii: "/") || path == "*"
        else {
            throw .badRequest("a request needs a method, and a path that begins with a slash (RFC 9113, section 8.3.1)")
        }
        var bytes: [UInt8] = []
        var fields: [Field] = []
        func add(_ name: String, _ value: String) {
            let start = bytes.count
            bytes.append(contentsOf: name.utf8)
            let middle = bytes.count
            bytes.append(contentsOf: value.utf8)
            fields.append(Field(name: start..<middle, value: middle..<bytes.count))
        }
        if let authority = headers.first(name: ":authority"), !headers.contains(name: "host") { add("host", authority) }
        for (name, value, _) in headers where !name.hasPrefix(":") {
            guard !name.isEmpty else { throw .badRequest("a field needs a name (RFC 9110, section 5.1)") }
            add(name, value)
        }
        self.init(
            method: HTTPMethod(rawValue: method), target: Array(path.utf8), isHTTP10: false, bytes: bytes,
            fields: fields)
        guard self.known.contentLengths == 0 || self.known.contentLength != nil else {
            throw .badRequest("the field Content-Length must be a number (RFC 9110, section 8.6)")
        }
    }
}
