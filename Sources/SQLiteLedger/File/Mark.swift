import Channels

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The high-water mark: a small file beside the database that says how far it has come.
///
/// A database cannot know by itself that it is an older copy of itself, and would give positions away a second time. The
/// mark can: it is moved on after each commit, before anybody hears of it.
///
/// Owner: the ledger; calls do not overlap.
final class Mark {
    /// What a mark says.
    struct Content: Equatable {
        var epoch: Epoch
        var head: Position
        /// Which run of the machine it was written in.
        var boot: String
        /// Whether the events up to `head` are on disk even if the machine goes down now.
        var isSafe: Bool
    }

    private static let size = 128
    private let path: String
    private let file: CInt
    private(set) var content: Content?

    /// Opens the mark of a database, or makes it.
    ///
    /// - Throws: ``LedgerError`` when it cannot be written.
    init(of database: String) throws(LedgerError) {
        self.path = database + ".mark"
        self.file = open(self.path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard self.file >= 0 else { throw SystemError.refusal(self.path) }
        self.content = Content(parsing: self.read())
    }

    deinit {
        close(self.file)
    }

    private func read() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.size)
        let count = pread(self.file, &bytes, bytes.count, 0)
        return Array(bytes.prefix(max(0, count)))
    }

    /// Writes the whole mark, to the disk itself.
    func write(_ content: Content) throws(LedgerError) {
        self.content = content
        guard self.put(content), fsync(self.file) == 0 else { throw SystemError.failure(self.path) }
    }

    /// Moves the mark on. It survives the process, not the machine: a database that lags behind by more than its own
    /// durability allows has then been told by `boot`.
    ///
    /// - Returns: Whether it could be written. An old mark knows fewer copies to be old.
    func advance(to head: Position) -> Bool {
        guard var content = self.content else { return false }
        content.head = head
        self.content = content
        return self.put(content)
    }

    private func put(_ content: Content) -> Bool {
        let bytes = content.bytes(count: Self.size)
        return pwrite(self.file, bytes, bytes.count, 0) == bytes.count
    }
}

extension Mark.Content {
    /// `pollux-mark <epoch> <head> <boot> safe|unsafe`, blanks, and a line feed at the end.
    fileprivate func bytes(count: Int) -> [UInt8] {
        var bytes = Array("pollux-mark ".utf8)
        bytes.reserveCapacity(count)
        bytes.append(contentsOf: self.epoch.bytes)
        bytes.append(UInt8(ascii: " "))
        bytes.append(decimal: self.head.rawValue)
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: self.boot.utf8)
        bytes.append(contentsOf: (self.isSafe ? " safe" : " unsafe").utf8)
        while bytes.count < count - 1 { bytes.append(UInt8(ascii: " ")) }
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    fileprivate init?(parsing bytes: [UInt8]) {
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 5, words[0] == "pollux-mark", let epoch = Epoch(Array(words[1].utf8)[...]),
            let head = UInt64(words[2])
        else { return nil }
        self.init(
            epoch: epoch, head: Position(rawValue: head), boot: String(words[3]), isSafe: words[4] == "safe")
    }

    /// Why a database does not go on from here, so that it must begin a new epoch; `nil` if it does.
    static func breach(of mark: Mark.Content?, by state: LedgerState, boot: String) -> String? {
        guard let mark else { return "it came without its mark, as a copy does" }
        guard mark.epoch == state.epoch else { return "it is a copy of another ledger, or an older one" }
        guard mark.head <= state.head else { return "it is an older copy: events after it were given out before" }
        guard mark.isSafe || (mark.boot == boot && boot != Boot.unknown) else {
            return "the machine went down while it was open with durability process, so its last events may be lost"
        }
        return nil
    }
}
