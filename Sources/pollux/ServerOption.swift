import ArgumentParser
import Files
import PolluxClient
import TLS

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `--server` and what goes with it, for all commands that are a server's clients.
struct ServerOption: ParsableArguments {
    @Option(
        name: .customLong("server"),
        help: ArgumentHelp(
            "Where the server is: http[s]://host[:port][/prefix]. (default: \(ServerURL.standard))", valueName: "url"),
        transform: { try ServerURL(parsing: $0) })
    var url = ServerURL.standard

    @Option(
        help: ArgumentHelp(
            "The authorities to trust for https, instead of the system's: a PEM file.", valueName: "file"))
    var cacert: String?

    @Option(
        help: ArgumentHelp(
            "The file with the token or key to show; without it that of POLLUX_TOKEN, if the environment has one.",
            valueName: "file"))
    var tokenFile: String?

    var trust: TLSClientConfiguration.Trust { self.cacert.map { .authorities(file: $0) } ?? .system }

    /// The server, with what it is shown. A token never stands among the arguments: other users of the machine see those.
    func server() throws -> ServerURL {
        var server = self.url
        if let file = self.tokenFile {
            do throws(SmallFile.Unreadable) {
                let bytes = try SmallFile.bytes(of: file, most: 64 << 10)
                server.credential = String(decoding: bytes, as: UTF8.self).trimmingBlanks
            } catch {
                throw ValidationError("--token-file \(file): \(error)")
            }
        } else {
            server.credential = ProcessInfo.processInfo.environment["POLLUX_TOKEN"]?.trimmingBlanks
        }
        if let credential = server.credential,
            credential.isEmpty || !credential.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        {
            throw ValidationError(
                "\(self.tokenFile ?? "POLLUX_TOKEN") has no token or key: it must be one line of printable ASCII")
        }
        return server
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        var text = self[...]
        while let last = text.last, last.isWhitespace { text.removeLast() }
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        return String(text)
    }
}
