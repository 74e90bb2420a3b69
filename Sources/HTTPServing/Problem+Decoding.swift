import NIOHTTP1

extension Problem {
    /// What to tell a client whose bytes the decoder refused; `nil` for errors that are not about what the client sent.
    init?(decoding error: any Error) {
        guard let error = error as? HTTPParserError else { return nil }
        switch error {
        case .headerOverflow:
            self.init(
                .requestHeaderFieldsTooLarge, "Request head too large",
                detail: "the target and fields of the request exceed limits.headSize or limits.headerCount")
        case .invalidVersion:
            self.init(.httpVersionNotSupported, "HTTP version not supported", detail: "this server speaks HTTP/1.0 and HTTP/1.1 here")
        case .invalidMethod:
            self = .badRequest("the method is not one that HTTP knows")
        case .invalidContentLength, .unexpectedContentLength:
            self = .badRequest("Content-Length must be one decimal number, and not stand beside Transfer-Encoding")
        case .invalidChunkSize:
            self = .badRequest("a chunk's size must be hexadecimal and fit in 64 bits")
        case .invalidURL, .invalidHost, .invalidPort, .invalidPath, .invalidQueryString, .invalidFragment:
            self = .badRequest("the target of the request is not a valid URL")
        case .invalidHeaderToken:
            self = .badRequest("a field's name or value holds a character that must not be there")
        case .invalidEOFState, .closedConnection:
            return nil
        default:
            self = .badRequest("the request is not well-formed HTTP/1.1 (RFC 9112)")
        }
    }
}
