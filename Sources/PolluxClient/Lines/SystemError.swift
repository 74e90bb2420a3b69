#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An error of the operating system.
public struct SystemError: Error, Equatable, CustomStringConvertible {
    /// `errno`.
    public let code: CInt

    public init(code: CInt) {
        self.code = code
    }

    /// In the system's own words, such as `connection refused`.
    public var description: String { String(cString: strerror(self.code)).lowercased() }
}
