import ArgumentParser
import PolluxClient
import TLS

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

    /// The server, with what it is shown.
    ///
    /// - Throws: `ValidationError` as ``Credentials/readOne(file:)``.
    func server() throws -> ServerURL {
        var server = self.url
        server.credential = try Credentials.readOne(file: self.tokenFile)
        return server
    }
}
