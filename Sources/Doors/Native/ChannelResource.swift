public import Access
public import Channels
package import Fanout
public import HTTPServing
package import Logging
import NIOCore
import NIOHTTP1
package import NIOPosix

/// What can be done with channels over HTTP: read them by any transport, publish, drop.
public struct ChannelResource: Sendable {
    private let bridge: Bridge
    private var configuration: TransportConfiguration
    private var access: AccessPolicy
    private var limits: AccessLimits
    private var cors: CORS
    private let readers: PerLoop<LoopReaders>
    private let publishers: PerLoop<LoopPublishers>
    /// Who reads, to be judged again.
    private let admissions: PerLoop<Admissions>
    /// Where readers are counted; `nil` if nobody wants to know of them.
    private let sessions: Sessions?
    private let log: AdminLog

    /// - Throws: When a loop of the group has been shut down.
    package init(
        _ bridge: Bridge, configuration: TransportConfiguration, access: AccessPolicy,
        limits: AccessLimits = AccessLimits(), cors: CORS, group: MultiThreadedEventLoopGroup,
        sessions: Sessions? = nil,
        logger: Logger
    ) async throws {
        self.log = AdminLog(logger: logger)
        self.sessions = sessions
        self.bridge = bridge
        self.configuration = configuration
        self.access = access
        self.limits = limits
        self.cors = cors
        let readers = try await PerLoop(group) { LoopReaders(bridge: bridge, eventLoop: $0) }
        self.readers = readers
        self.publishers = try await PerLoop(group) { LoopPublishers(readers[$0]) }
        self.admissions = try await PerLoop(group) { _ in Admissions() }
    }

    /// The same channels under other limits and rules. A reader keeps to the limits under which it began.
    public func under(
        _ configuration: TransportConfiguration, _ access: AccessPolicy, _ limits: AccessLimits, _ cors: CORS
    ) -> ChannelResource {
        var other = self
        other.configuration = configuration
        other.access = access
        other.limits = limits
        other.cors = cors
        return other
    }

    /// Judges by these rules who reads already. Who may no longer is told so, and given nothing more.
    ///
    /// - Throws: When a loop has been shut down.
    public func judgeReaders() async throws {
        let (access, now) = (self.access, WallClock.system.milliseconds())
        try await self.admissions.onEach { admissions in
            admissions.judge { access.denial(of: $0.permit, reading: $0.channels, at: now) }
        }
    }

    // MARK: Reading

    /// Reads one channel.
    public func read(_ channel: ChannelName, _ request: Request, on exchange: any Exchange) {
        do throws(Problem) {
            let parameters = try ReadParameters(request, defaults: self.configuration)
            try self.read(Selection(channel), parameters, request, on: exchange)
        } catch {
            exchange.respond(error.response)
        }
    }

    /// Reads the channels that the parameters name.
    public func readSeveral(_ request: Request, on exchange: any Exchange) {
        do throws(Problem) {
            let parameters = try ReadParameters(request, defaults: self.configuration)
            try self.read(try self.selection(parameters), parameters, request, on: exchange)
        } catch {
            exchange.respond(error.response)
        }
    }

    private func selection(_ parameters: ReadParameters) throws(Problem) -> Selection {
        guard parameters.channels.count <= self.configuration.channels else {
            let most = self.configuration.channels
            throw Problem(
                .badRequest, "Bad request", detail: "channel: at most \(most) on one connection (limits.channels)",
                limit: Problem.Limit("limits.channels", most: most))
        }
        var names: [ChannelName] = []
        for bytes in parameters.channels {
            do throws(InvalidChannelName) { names.append(try ChannelName(bytes)) } catch {
                throw .badRequest("channel: \(error)")
            }
        }
        guard let selection = Selection(names) else {
            throw .badRequest("channel: at least one must be named, as in /events?channel=a&channel=b")
        }
        return selection
    }

    private func read(
        _ selection: Selection, _ parameters: ReadParameters, _ request: Request, on exchange: any Exchange
    ) throws(Problem) {
        do throws(Problem) {
            let wish = Wish(
                .read, selection.channels, ticket: parameters.ticket,
                subscriber: parameters.transport == .eventStream ? .eventSource : .longPoll)
            switch try self.access.judge(wish, request, self.cors, on: exchange) {
            case .permit(let permit): self.read(selection, parameters, request, under: permit, on: exchange)
            case .inquiry(let inquiry):
                exchange.wait(for: inquiry) { self.read(selection, parameters, request, after: $0, on: exchange) }
            }
        } catch {
            exchange.respond(self.refusal(parameters, error))
        }
    }

    /// Reads as somebody else has answered that it may be done, if it still may.
    private func read(
        _ selection: Selection, _ parameters: ReadParameters, _ request: Request,
        after answer: Result<Permit, Problem>, on exchange: any Exchange
    ) {
        do throws(Problem) {
            let permit = try answer.get()
            let now = WallClock.system.milliseconds()
            if let denial = self.access.denial(of: permit, reading: selection.channels, at: now) {
                throw .denied(denial)
            }
            if let use = permit.ticket { self.admissions.onEachSoon { $0.end(before: use) } }
            self.read(selection, parameters, request, under: permit, on: exchange)
        } catch {
            exchange.respond(self.refusal(parameters, error))
        }
    }

    private func read(
        _ selection: Selection, _ parameters: ReadParameters, _ request: Request, under permit: Permit,
        on exchange: any Exchange
    ) {
        var parameters = parameters
        if let end = permit.end { parameters.rightEnds(end, spread: self.configuration.retrySpreadMilliseconds) }
        if request.method == .HEAD { return exchange.respond(self.head(parameters)) }
        if let refusal = request.peer.refusal { return exchange.respond(self.refusal(parameters, refusal)) }
        let place: ReaderPlaces?
        do throws(Problem) {
            place = try self.limits.openReader(of: selection, request, permit.principal, self.configuration)
        } catch {
            return exchange.respond(self.refusal(parameters, error))
        }
        parameters.beginReader(
            of: self.readers[exchange.eventLoop].feed(of: selection),
            Admission(
                permit: permit, channels: selection.channels, others: self.admissions[exchange.eventLoop], place: place),
            on: exchange,
            as: self.sessions.map { parameters.membership(of: selection, request.peer, permit.principal, in: $0) },
            configuration: self.configuration)
    }

    private func head(_ parameters: ReadParameters) -> Response {
        var headers =
            switch parameters.transport {
            case .eventStream, .pollEventStream: EventStreamTransport.headers
            case .poll: PollContent.headers
            case .jsonp: JSONP.headers
            }
        let life = self.bridge.life
        headers.add(name: "Last-Event-ID", value: life.id(life.head).description)
        return Response(.ok, headers: headers)
    }

    /// What passes is no status for a stream: an EventSource would give up for good.
    private func refusal(_ parameters: ReadParameters, _ problem: Problem) -> Response {
        guard problem.passes else { return problem.response }
        return switch parameters.transport {
        case .eventStream, .pollEventStream: .refusedStream(self.configuration)
        case .poll, .jsonp: problem.response
        }
    }

    // MARK: Writing

    /// Publishes what the request holds.
    ///
    /// The answer is put off until the ledger has kept it, so that a client may send many requests without waiting, and
    /// they are kept together.
    public func publish(to channel: ChannelName, _ request: Request, on exchange: any Exchange) {
        do throws(Problem) {
            switch try self.access.judge(Wish(.publish, [channel]), request, self.cors, on: exchange) {
            case .permit(let permit): try self.publish(to: channel, request, under: permit, on: exchange)
            case .inquiry(let inquiry):
                exchange.proceed(after: inquiry) { permit throws(Problem) in
                    try self.publish(to: channel, request, under: permit, on: exchange)
                }
            }
        } catch {
            exchange.respond(error.response)
        }
    }

    private func publish(
        to channel: ChannelName, _ request: Request, under permit: Permit, on exchange: any Exchange
    ) throws(Problem) {
        let publish = try PublishRequest(request, channel: channel, limits: self.configuration)
        try self.limits.requireRoom(for: publish.publication, request, permit.principal)
        let answer = exchange.postpone()
        self.publishers[exchange.eventLoop].publish(publish.publication) { result, life in
            answer.respond(PublishAnswer.response(result, to: publish, in: life.lineage))
        }
    }

    /// Drops what the channel holds.
    public func drop(_ channel: ChannelName, _ request: Request, on exchange: any Exchange) {
        do throws(Problem) {
            switch try self.access.judge(Wish(.drop, [channel]), request, self.cors, on: exchange) {
            case .permit(let permit): self.drop(channel, request.peer, under: permit, on: exchange)
            case .inquiry(let inquiry):
                exchange.proceed(after: inquiry) { self.drop(channel, request.peer, under: $0, on: exchange) }
            }
        } catch {
            exchange.respond(error.response)
        }
    }

    private func drop(_ channel: ChannelName, _ peer: Peer, under permit: Permit, on exchange: any Exchange) {
        let answer = NIOLoopBound(exchange, eventLoop: exchange.eventLoop)
        let eventLoop = exchange.eventLoop
        self.bridge.drop(channel) { [log] result in
            if case .success = result { log.note("dropped", "\(channel)", by: permit.principal, from: peer) }
            eventLoop.run {
                switch result {
                case .success: answer.value.respond(Response(.noContent, headers: ["Cache-Control": "no-store"]))
                case .failure(let error): answer.value.respond(Problem(error).response)
                }
            }
        }
    }
}
