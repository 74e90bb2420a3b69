import NIOCore
import NIOPosix

/// The files below a folder, for GET and HEAD.
///
/// What waits for the file system is done by a pool of threads, never by an event loop: looking for the file and
/// answering for it (`StaticFiles+Answer.swift`), and reading what is too long to be held whole (`FileStream.swift`).
public struct StaticFiles: Sendable {
    let folder: Folder
    let shares = FileShares()
    private let pool: NIOThreadPool

    /// - Parameter folder: Its path. Where that is a link it is followed now, once.
    /// - Returns: `nil` if there is no such folder.
    public init?(folder: String) {
        self.init(folder: folder, pool: .singleton)
    }

    init?(folder: String, pool: NIOThreadPool) {
        guard let folder = Folder(at: folder) else { return nil }
        self.folder = folder
        self.pool = pool
    }

    /// Answers a GET or HEAD, later and on the event loop of the exchange.
    public func respond(to request: Request, on exchange: any Exchange) {
        self.pool.runIfActive(eventLoop: exchange.eventLoop) { self.answer(to: request) }
            .assumeIsolated().whenComplete { answer in
                switch answer {
                case .success(.whole(let response)): exchange.respond(response)
                case .success(.stream(let head, let file, let range, let share)):
                    FileStream(file, range, share, on: exchange, self.pool).begin(head)
                case .failure: exchange.respond(Self.unavailable)
                }
            }
    }
}
