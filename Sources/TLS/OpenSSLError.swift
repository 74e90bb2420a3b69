import COpenSSL

/// What OpenSSL had to say about something that failed.
struct OpenSSLError: Error, CustomStringConvertible {
    /// The innermost error first.
    let reasons: [String]

    var description: String { self.reasons.isEmpty ? "unknown error" : self.reasons.joined(separator: "; ") }

    /// Takes everything out of the thread's queue, so that nothing is left for the next call to stumble over.
    static func drain() -> OpenSSLError {
        var reasons: [String] = []
        while case let code = ERR_get_error(), code != 0 {
            let reason = ERR_reason_error_string(code).map { String(cString: $0) } ?? "error \(code)"
            if !reasons.contains(reason) { reasons.append(reason) }
        }
        return OpenSSLError(reasons: reasons)
    }

    /// The result of a call that gives a pointer or nothing.
    static func require<Pointer>(_ pointer: Pointer?) throws(OpenSSLError) -> Pointer {
        guard let pointer else { throw .drain() }
        return pointer
    }

    /// The result of a call that gives 1 for success.
    static func require(_ result: CInt) throws(OpenSSLError) {
        guard result == 1 else { throw .drain() }
    }
}
