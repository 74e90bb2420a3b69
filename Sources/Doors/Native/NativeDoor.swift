import Channels
public import HTTPServing
import NIOHTTP1

/// The door of our own protocol (`docs/protocol.md`): `/channels/{name}` and `/events`.
public struct NativeDoor: Door {
    private let channels: ChannelResource
    private let cors: CORS

    public init(_ channels: ChannelResource, cors: CORS) {
        self.channels = channels
        self.cors = cors
    }

    public func claims(_ path: [UInt8]) -> Bool { NativePath.isClaimed(path) }

    /// Publishing is put in order by the ledger: what one client sends behind another is appended behind it.
    public func mayOverlap(_ request: Request) -> Bool { request.method == .POST && NativePath.isChannel(request.path) }

    public func respond(to request: Request, on exchange: any Exchange) {
        do throws(Problem) {
            switch try NativePath(request.path) {
            case .channel(let name): try self.answer(channel: name, request, exchange)
            case .events: self.answer(events: request, exchange)
            }
        } catch {
            exchange.respond(error.response)
        }
    }

    private func answer(channel name: ChannelName, _ request: Request, _ exchange: any Exchange) throws(Problem) {
        switch request.method {
        case .GET, .HEAD: self.channels.read(name, request, on: exchange)
        case .POST:
            try self.requireWrite(request)
            self.channels.publish(to: name, request, on: exchange)
        case .DELETE:
            try self.requireWrite(request)
            self.channels.drop(name, request, on: exchange)
        default: exchange.respond(self.cors.answer(toOther: request, allow: "GET, HEAD, POST, DELETE, OPTIONS"))
        }
    }

    private func answer(events request: Request, _ exchange: any Exchange) {
        switch request.method {
        case .GET, .HEAD, .POST: self.channels.readSeveral(request, on: exchange)
        default: exchange.respond(self.cors.answer(toOther: request, allow: "GET, HEAD, POST, OPTIONS"))
        }
    }

    private func requireWrite(_ request: Request) throws(Problem) {
        try request.requireCapacity()
        guard self.cors.allowsWrite(request) else { throw .foreignWrite }
    }
}

/// What a path of the native protocol names.
enum NativePath: Equatable {
    case channel(ChannelName)
    case events

    private static let channelsPath = Array("/channels/".utf8)
    private static let eventsPath = Array("/events".utf8)

    static func isChannel(_ path: [UInt8]) -> Bool { path.starts(with: Self.channelsPath) }

    static func isClaimed(_ path: [UInt8]) -> Bool { self.isChannel(path) || path == self.eventsPath }

    /// - Parameter path: One that is claimed.
    /// - Throws: ``Problem``: 400 for something that is no channel name, 404 for a path below a channel.
    init(_ path: [UInt8]) throws(Problem) {
        guard Self.isChannel(path) else {
            self = .events
            return
        }
        let segment = path[Self.channelsPath.count...]
        guard !segment.contains(UInt8(ascii: "/")) else {
            throw .notFound("there is nothing below a channel; a '/' in a name is written %2F")
        }
        guard let bytes = PercentEncoding.decode(segment, plusIsBlank: false) else {
            throw .badRequest("the channel name cannot be decoded: \(MalformedEncoding())")
        }
        do throws(InvalidChannelName) { self = .channel(try ChannelName(bytes)) } catch {
            throw .badRequest("\(error)")
        }
    }
}
