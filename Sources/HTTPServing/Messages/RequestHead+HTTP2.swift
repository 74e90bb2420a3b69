import NIOHPACK
import NIOHTTP1

extension RequestHead {
    /// The head that a block of fields says (RFC 9113, section 8.3). NIO's handler has checked the pseudo-fields and
    /// that names are in lower case; the rest is checked here, by the rules that hold for HTTP/1.1 too.
    ///
    /// - Throws: ``Problem`` 431 if it is larger than the limits allow; 400 or 501 for what is no request.
    convenience init(_ headers: HPACKHeaders, _ limits: Limits) throws(Problem) {
        guard headers.count <= limits.headerCount else {
            throw .headTooLarge("limits.headerCount", limits.headerCount, "fields")
        }
        let size = headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
        guard size <= limits.headSize else { throw .headTooLarge("limits.headSize", limits.headSize, "bytes") }
        guard var method = headers.first(name: ":method"), let path = headers.first(name: ":path") else {
            throw .badRequest("a request needs a method and a path (RFC 9113, section 8.3.1)")
        }
        let known = try method.withUTF8 { bytes in
            Result { () throws(Problem) in try HTTPMethod(bytes: UnsafeRawBufferPointer(bytes)) }
        }.get()
        let target = try RequestTarget(path: path, authority: headers.first(name: ":authority"), method: known)
        let (bytes, fields) = try Self.fields(headers)
        self.init(method: known, target: target, isHTTP10: false, bytes: bytes, fields: fields)
        guard self.known.hostCount <= 1, self.known.isHostValid else { throw .invalidAuthority("the field Host") }
        if let name = self.known.repeated { throw .repeated(name) }
        guard self.known.contentLengths == 0 || (self.known.contentLengths == 1 && self.known.contentLength != nil)
        else {
            throw .badRequest("the field Content-Length must be one number (RFC 9110, section 8.6)")
        }
    }

    private static func fields(_ headers: HPACKHeaders) throws(Problem) -> ([UInt8], [Field]) {
        var bytes: [UInt8] = []
        var fields: [Field] = []
        for (name, value, _) in headers where !name.hasPrefix(":") {
            let start = bytes.count
            bytes.append(contentsOf: name.utf8)
            let middle = bytes.count
            bytes.append(contentsOf: value.utf8)
            guard middle > start, bytes[start..<middle].allSatisfy(\.isToken) else {
                throw .badRequest("a field needs a name of letters, digits and signs (RFC 9110, section 5.1)")
            }
            // What a proxy would pass on in HTTP/1.1 as something else (RFC 9113, section 8.2.1).
            let content = bytes[middle...]
            guard content.allSatisfy(\.isFieldText), content.first?.isBlank != true, content.last?.isBlank != true
            else {
                throw .badRequest(
                    "the field \(name) has a control character, or a blank at an end (RFC 9113, section 8.2.1)")
            }
            fields.append(Field(name: start..<middle, value: middle..<bytes.count))
        }
        return (bytes, fields)
    }
}
