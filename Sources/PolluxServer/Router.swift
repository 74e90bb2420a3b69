import Channels
import HTTPServing
import NIOHTTP1
import Synchronization
import Transports

/// Finds what a request is about: a channel, several, the server's health, or a file.
final class Router: Responder {
    private let channels: ChannelResource
    private let files: StaticFiles?
    private let cors: CORS
    private let credentials: [TLSCredentials]
    /// Whether the server is stopping, so that nobody should send it new work.
    private let isDraining = Atomic<Bool>(false)

    init(channels: ChannelResource, files: StaticFiles?, cors: CORS, credentials: [TLSCredentials] = []) {
        self.credentials = credentials
        self.channels = channels
        self.files = files
        self.cors = cors
    }

    func drain() {
        self.isDraining.store(true, ordering: .relaxed)
    }

    func respond(to request: Request, on exchange: any Exchange) {
        do throws(Problem) {
            switch try Resource(path: request.path) {
            case .channel(let name): try self.channel(name, request, exchange)
            case .events: try self.events(request, exchange)
            case .health: try self.health(request, exchange) { exchange.respond(.text("alive\n")) }
            case .readiness: try self.health(request, exchange) { self.readiness(exchange) }
            case .file: try self.file(request, exchange)
            }
        } catch {
            exchange.respond(error.response)
        }
    }

    /// Publishing is put in order by the ledger: what one client sends behind another is appended behind it.
    func mayOverlap(_ request: Request) -> Bool { request.method == .POST && Resource.isChannel(request.path) }

    private func channel(_ name: ChannelName, _ request: Request, _ exchange: any Exchange) throws(Problem) {
        switch request.method {
        case .GET, .HEAD: self.channels.read(name, request, on: exchange)
        case .POST:
            try self.requireWrite(request)
            self.channels.publish(to: name, request, on: exchange)
        case .DELETE:
            try self.requireWrite(request)
            self.channels.drop(name, on: exchange)
        default: try self.other(request, exchange, allow: "GET, HEAD, POST, DELETE, OPTIONS")
        }
    }

    private func events(_ request: Request, _ exchange: any Exchange) throws(Problem) {
        switch request.method {
        case .GET, .HEAD, .POST: self.channels.readSeveral(request, on: exchange)
        default: try self.other(request, exchange, allow: "GET, HEAD, POST, OPTIONS")
        }
    }

    private func health(_ request: Request, _ exchange: any Exchange, answer: () -> Void) throws(Problem) {
        switch request.method {
        case .GET, .HEAD: answer()
        default: try self.other(request, exchange, allow: "GET, HEAD, OPTIONS")
        }
    }

    private func readiness(_ exchange: any Exchange) {
        guard !self.isDraining.load(ordering: .relaxed) else {
            return exchange.respond(Problem.unavailable("the server is stopping", retryAfter: 5).response)
        }
        self.channels.probe(remarks: self.credentials.map { $0.expiryText() }.joined(), on: exchange)
    }

    private func file(_ request: Request, _ exchange: any Exchange) throws(Problem) {
        switch request.method {
        case .GET, .HEAD:
            try self.requireCapacity(request)
            guard let files = self.files else { throw .notFound("there is nothing at \(request.pathText)") }
            files.respond(to: request, on: exchange)
        default: try self.other(request, exchange, allow: "GET, HEAD, OPTIONS")
        }
    }

    private func other(_ request: Request, _ exchange: any Exchange, allow: String) throws(Problem) {
        if request.method == .OPTIONS { return exchange.respond(self.cors.preflight(request, allow: allow)) }
        var response = Problem(.methodNotAllowed, "Method not allowed", detail: "here: \(allow)").response
        response.headers.add(name: "Allow", value: allow)
        exchange.respond(response)
    }

    private func requireWrite(_ request: Request) throws(Problem) {
        try self.requireCapacity(request)
        guard self.cors.allowsWrite(request) else {
            throw Problem(
                .forbidden, "Forbidden", detail: "pages of this origin may not write (cors.origins, publicOrigins)")
        }
    }

    private func requireCapacity(_ request: Request) throws(Problem) {
        if request.peer.isRefused { throw .overCapacity }
    }
}

/// What a path names.
enum Resource: Equatable {
    case channel(ChannelName)
    case events
    case health
    case readiness
    case file

    private static let channels = Array("/channels/".utf8)
    private static let others: [[UInt8]: Resource] = [
        Array("/events".utf8): .events, Array("/healthz".utf8): .health, Array("/readyz".utf8): .readiness,
    ]

    /// - Throws: ``Problem``: 400 for something that is no channel name, 404 for a path below a channel.
    init(path: [UInt8]) throws(Problem) {
        if Self.isChannel(path) {
            self = .channel(try Self.channelName(path[Self.channels.count...]))
        } else {
            self = Self.others[path] ?? .file
        }
    }

    static func isChannel(_ path: [UInt8]) -> Bool { path.starts(with: Self.channels) }

    private static func channelName(_ segment: ArraySlice<UInt8>) throws(Problem) -> ChannelName {
        guard !segment.contains(UInt8(ascii: "/")) else {
            throw .notFound("there is nothing below a channel; a '/' in a name is written %2F")
        }
        guard let bytes = PercentEncoding.decode(segment, plusIsBlank: false) else {
            throw .badRequest("the channel name cannot be decoded: \(MalformedEncoding())")
        }
        do throws(InvalidChannelName) { return try ChannelName(bytes) } catch { throw .badRequest("\(error)") }
    }
}
