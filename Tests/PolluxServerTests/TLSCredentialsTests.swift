import Logging
import Synchronization
import TLS
import TestSupport
import Testing

@testable import PolluxServer

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The certificates of a listener, read anew when their files change.
@Suite struct TLSCredentialsTests {
    private let folder: TemporaryFolder
    private let authority: DevelopmentAuthority
    private let log = Log()

    init() throws {
        self.folder = try TemporaryFolder()
        self.authority = DevelopmentAuthority(folder: self.folder.path)
        try self.authority.prepare(names: ["first.test"])
    }

    private func credentials() throws -> TLSCredentials {
        let files = TLSFiles(identities: [.init(certificate: authority.certificateFile, key: authority.keyFile)])
        return try TLSCredentials(files, logger: Logger(label: "test") { [log] _ in log.handler })
    }

    @Test func `Files that are as they were are not read again`() throws {
        let credentials = try credentials()
        let before = credentials.context
        credentials.reloadIfChanged()
        #expect(credentials.context === before)
    }

    @Test func `Files that have changed are read, and new connections get what is in them`() throws {
        let credentials = try credentials()
        let before = credentials.context
        try authority.prepare(names: ["second.test"])
        credentials.reloadIfChanged()
        #expect(credentials.context !== before)
        #expect(credentials.expiryText().contains("second.test"))
        #expect(log.lines.contains { $0.hasPrefix("info certificates read anew") })
    }

    @Test func `Wrong files leave the old ones, are told of once, and do not keep good ones out`() throws {
        let credentials = try credentials()
        let before = credentials.context
        #expect(truncate(authority.certificateFile, 10) == 0)
        credentials.reloadIfChanged()
        credentials.reloadIfChanged()
        #expect(credentials.context === before)
        #expect(log.lines.filter { $0.hasPrefix("error certificates not read anew") }.count == 1)
        try authority.prepare(names: ["first.test"])
        credentials.reloadIfChanged()
        #expect(credentials.context !== before)
    }

    @Test func `Files that are gone leave the old certificate`() throws {
        let credentials = try credentials()
        let before = credentials.context
        unlink(authority.keyFile)
        credentials.reloadIfChanged()
        #expect(credentials.context === before)
    }

    @Test func `A certificate's end is told once a day, as a warning when it is near`() throws {
        let credentials = try credentials()
        let now = time(nil)
        for hour in 0..<30 { credentials.tellExpiry(now - now % 86_400 + hour * 3_600) }
        #expect(log.lines.count == 2 && log.lines.allSatisfy { $0.hasPrefix("info certificate") })
        credentials.tellExpiry(now + 390 * 86_400)
        #expect(log.lines.last?.hasPrefix("warning certificate") == true)
    }

    @Test func `Readiness tells how long a certificate is good, or that it is not`() throws {
        let credentials = try credentials()
        #expect(credentials.expiryText().contains("first.test: until "))
        #expect(credentials.expiryText(time(nil) + 400 * 86_400).contains("first.test: expired on "))
    }

    /// Keeps what is logged: level and message.
    private final class Log: Sendable {
        private let kept = Mutex<[String]>([])

        var lines: [String] { self.kept.withLock { $0 } }
        var handler: Handler { Handler(log: self) }

        fileprivate func keep(_ line: String) { self.kept.withLock { $0.append(line) } }

        struct Handler: LogHandler {
            fileprivate let log: Log
            var metadata: Logger.Metadata = [:]
            var logLevel = Logger.Level.trace

            subscript(metadataKey key: String) -> Logger.Metadata.Value? {
                get { self.metadata[key] }
                set { self.metadata[key] = newValue }
            }

            func log(event: LogEvent) {
                self.log.keep("\(event.level) \(event.message)")
            }
        }
    }
}
