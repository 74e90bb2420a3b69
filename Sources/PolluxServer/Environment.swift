#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The environment of the process.
enum Environment {
    static func value(of name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
