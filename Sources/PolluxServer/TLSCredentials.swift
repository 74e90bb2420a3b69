import Channels
import Logging
import Synchronization
import TLS

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The certificates of one listener, read anew when their files change: connections that are there keep what they have,
/// and where the new files are wrong, so does everybody.
final class TLSCredentials: Sendable {
    /// How long before its end a certificate is warned of, in seconds.
    private static let warningTime = 14 * 86_400

    private struct Loaded {
        let context: TLSContext
        let identities: [TLSIdentity]
        /// What the files were like, read or refused.
        var stamps: [FileStamp?]
        /// The day, counted from 1970, on which the certificates' ends were told last.
        var toldOn = 0
    }

    private let files: TLSFiles
    private let logger: Logger
    private let loaded: Mutex<Loaded>

    /// - Throws: `InvalidIdentity`, naming the file.
    init(_ files: TLSFiles, logger: Logger) throws(InvalidIdentity) {
        self.files = files
        self.logger = logger
        let stamps = files.paths.map(FileStamp.init)
        let configuration = try files.load()
        self.loaded = Mutex(
            Loaded(
                context: try .server(configuration), identities: configuration.identities, stamps: stamps))
    }

    /// What a new connection is secured with.
    var context: TLSContext { self.loaded.withLock { $0.context } }

    /// Whether a host name, in lower case, is in one of the certificates (RFC 9525, section 6.3: `*` stands for one label).
    func isNamed(_ name: String) -> Bool {
        let parent = name.firstIndex(of: ".").map { "*" + name[$0...] }
        return self.loaded.withLock { $0.identities }.contains { identity in
            identity.names.contains { [name, parent].contains($0.lowercased()) }
        }
    }

    /// Reads the files again, if they are not what they were.
    func reloadIfChanged() {
        let stamps = self.files.paths.map(FileStamp.init)
        guard self.loaded.withLock({ $0.stamps }) != stamps else { return }
        self.reload()
    }

    /// Reads the files again.
    func reload() {
        let stamps = self.files.paths.map(FileStamp.init)
        self.loaded.withLock { $0.stamps = stamps }
        do throws(InvalidIdentity) {
            let configuration = try self.files.load()
            // Clients that are let in by other authorities must not go on with a session from before.
            let keys = self.files.clientAuthorities == nil ? self.context.ticketKeys : TicketKeys()
            let context = try TLSContext.server(configuration, ticketKeys: keys)
            self.loaded.withLock {
                $0 = Loaded(context: context, identities: configuration.identities, stamps: stamps)
            }
            self.logger.info("certificates read anew", metadata: ["files": "\(self.files.paths)"])
        } catch {
            self.logger.error("certificates not read anew, the old ones stay", metadata: ["reason": "\(error)"])
        }
    }

    /// Logs once a day until when the certificates hold.
    func tellExpiry(_ now: Int = time(nil)) {
        let identities = self.loaded.withLock { loaded in
            defer { loaded.toldOn = now / 86_400 }
            return loaded.toldOn == now / 86_400 ? [] : loaded.identities
        }
        for identity in identities {
            let level: Logger.Level = identity.expiry - now < Self.warningTime ? .warning : .info
            self.logger.log(
                level: level, "certificate", metadata: ["names": "\(identity.names)", "until": "\(identity.end)"])
        }
    }

    /// Until when each certificate holds, a line each.
    func expiryText(_ now: Int = time(nil)) -> String {
        self.loaded.withLock { $0.identities }.map { identity in
            let days = (identity.expiry - now) / 86_400
            let name = identity.names.first ?? "without a name"
            return identity.expiry < now
                ? "certificate \(name): expired on \(identity.end)\n"
                : "certificate \(name): until \(identity.end), \(days) days\n"
        }.joined()
    }
}

extension TLSIdentity {
    /// The end of its validity, as text.
    fileprivate var end: String { ISO8601.text(Int64(self.expiry) * 1_000) }
}
