import Channels

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The last error of a system call.
enum SystemError {
    static var text: String { String(cString: strerror(errno)) }

    /// A call that has to do with a file has failed.
    static func failure(_ path: String) -> LedgerError { LedgerError(.unavailable, "\(path): \(Self.text)") }

    /// A file cannot be opened to be written.
    static func refusal(_ path: String) -> LedgerError {
        let cause = Self.text
        return LedgerError(
            .unavailable,
            "\(path) cannot be written: check its permissions and its folder's, and how it is mounted, or take another path",
            cause: cause)
    }
}
