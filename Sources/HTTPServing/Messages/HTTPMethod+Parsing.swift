import NIOHTTP1

extension HTTPMethod {
    /// The method that a client names, in whatever version of HTTP.
    ///
    /// - Throws: ``Problem`` 400 if it is no token, 501 if HTTP has no such method (RFC 9110, section 9.1); methods are in
    ///   capitals.
    init(bytes: UnsafeRawBufferPointer) throws(Problem) {
        if bytes.isExactly("GET") {
            self = .GET
        } else if bytes.isExactly("POST") {
            self = .POST
        } else {
            guard !bytes.isEmpty, bytes.allSatisfy(\.isToken) else {
                throw .badRequest("the method of the request must be a token")
            }
            self = HTTPMethod(rawValue: String(decoding: bytes, as: UTF8.self))
            if case .RAW = self {
                throw Problem(
                    .notImplemented, "Not implemented",
                    detail: "the method is not one that HTTP knows; methods are in capitals")
            }
        }
    }
}
