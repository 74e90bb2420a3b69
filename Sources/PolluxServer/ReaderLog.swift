import Channels
import Fanout
import Logging

/// Writes into the log who has come to read, and who has gone.
struct ReaderLog: ReaderObserver {
    let logger: Logger

    func began(_ session: Session) { self.write("a reader has come", session) }

    func ended(_ session: Session) { self.write("a reader has gone", session) }

    private func write(_ message: Logger.Message, _ session: Session) {
        self.logger.debug(
            message,
            metadata: [
                "session": "\(session.number)", "from": "\(session.identity)",
                "channels": "\(session.selection.channels.map(\.description).joined(separator: ","))",
            ])
    }
}
