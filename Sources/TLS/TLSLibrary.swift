import COpenSSL

/// OpenSSL, as the system has it.
public enum TLSLibrary {
    /// The version that runs, such as `OpenSSL 3.0.22 25 Aug 2026`: of the library that was found at the start, not of
    /// the headers that were compiled with.
    public static var version: String { String(cString: OpenSSL_version(OPENSSL_VERSION)) }
}
