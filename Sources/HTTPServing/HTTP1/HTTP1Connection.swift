import NIOCore
import NIOHTTP1

/// A connection that speaks HTTP/1.0 or 1.1: carries out what ``HTTP1StateMachine`` decides. Owner: its event loop.
///
/// It is the last handler of its pipeline. Answers are written as bytes, without NIO's HTTP handlers.
///
/// This file reads; `HTTP1Connection+Exchange.swift` writes, and `HTTP1Connection+Time.swift` keeps time.
final class HTTP1Connection: ChannelInboundHandler, ChannelOutboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    /// What the connection is in the middle of. What is ready is sent at the end of that.
    private enum Activity {
        case none
        /// Something was read, and more may come at once.
        case reading
        /// What was read is looked at.
        case processing
    }

    /// What the deadline is for.
    enum Due {
        /// The first byte of a request.
        case request
        /// The rest of a head that has begun.
        case head
        case content
        /// That the client takes what is written.
        case write
        /// That the client closes, after all is said.
        case close
        /// What the delegate waits for.
        case delegate
    }

    let loop: LoopContext
    let outlet: Outlet
    private let peer: Peer
    var machine: HTTP1StateMachine
    /// Holds what was read and cannot be looked at before the request under way is answered; `nil` once a stream has
    /// begun, after which nothing that the client sends is looked at.
    var parser: HTTP1Parser?
    var context: ChannelHandlerContext?
    var delegate: (any ExchangeDelegate)?
    var connectionMemory: AnyObject?

    private var activity = Activity.none
    /// Whether NIO has asked for a read, and it was held back.
    private var holdsRead = false
    /// Answers that go out together, when all that was read is looked at or when they are many.
    var output = ByteBuffer()
    lazy var flushes = OncePerTurn(self.loop.eventLoop) { [weak self] in self?.flushUnlessBusy() }

    var due = Due.request
    var delegateDeadline = NIODeadline.distantFuture
    var deadlineIndex: Int?
    var progress = WriteProgress()
    var pace = ContentPace()

    init(_ loop: LoopContext, over outlet: Outlet, peer: Peer) {
        self.loop = loop
        self.outlet = outlet
        self.peer = peer
        self.machine = HTTP1StateMachine(answersOnce: peer.isRefused)
        self.parser = HTTP1Parser(headSize: loop.limits.headSize, fieldCount: loop.limits.headerCount)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { self.begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        self.begin(context)
        context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        self.loop.opened(self)
        self.expect(.request, within: self.loop.limits.headTimeout)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.loop.closed(self)
        self.context = nil
        self.parser = nil
        let delegate = self.delegate
        self.delegate = nil
        delegate?.closed()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard self.parser != nil, !self.machine.isEnding else { return }
        self.activity = .reading
        self.parser?.append(self.unwrapInboundIn(data))
        self.process()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.activity = .none
        self.flush()
        if self.machine.isIdle, self.due == .request, self.parser?.isEmpty == false {
            self.expect(.head, within: self.loop.limits.headTimeout)
        }
    }

    func read(context: ChannelHandlerContext) {
        // A client that sends request after request without waiting is read no faster than it is answered.
        if self.mayProcess || self.parser?.isEmpty != false { context.read() } else { self.holdsRead = true }
    }

    /// Makes up for a read that was held back.
    func readOn() {
        guard self.holdsRead else { return }
        self.holdsRead = false
        self.context?.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent { self.inputClosed() }
        if event is SocketHandler.Emptied { self.outputTaken() }
        context.fireUserInboundEventTriggered(event)
    }

    private func inputClosed() {
        self.machine.inputClosed()
        self.flush()
        self.delegate?.inputClosed()
        self.endInput()
    }

    /// Ends the connection of a client that has closed its half, if everything that it sent is looked at and answered.
    /// Otherwise this is looked at again when the next answer is given.
    private func endInput() {
        if self.mayProcess, self.machine.inputEnded() { self.endConnection() }
    }

    // MARK: Requests

    private var mayProcess: Bool {
        self.machine.acceptsParts && !(self.outlet.hasPending && self.machine.isIdle)
    }

    /// Looks at what was read, as far as that may be looked at now.
    private func process() {
        if case .processing = self.activity { return }
        let activity = self.activity
        self.activity = .processing
        while self.mayProcess, let action = self.nextAction() { self.perform(action) }
        self.activity = activity
        if self.machine.isInputClosed { self.endInput() } else if self.mayProcess { self.readOn() }
    }

    private func nextAction() -> HTTP1StateMachine.OnPart? {
        let limits = self.loop.limits
        self.parser?.headSize = limits.headSize
        self.parser?.fieldCount = limits.headerCount
        do throws(HTTP1Parser.Failure) {
            return try self.parser?.next().map { self.machine.received($0, contentLimit: limits.bodySize) }
        } catch {
            return self.machine.failed(error.problem, origin: error.origin)
        }
    }

    private func perform(_ action: HTTP1StateMachine.OnPart) {
        switch action {
        case .none: break
        case .awaitContent:
            self.pace = ContentPace()
            self.expect(.content, within: self.loop.limits.bodyTimeout)
            self.writeContinue()
        case .handle(let head, let content):
            self.setDeadline(.distantFuture)
            let request = Request(head, body: content, from: self.loop.settings.peer(self.peer, of: head))
            if self.machine.hasPostponed, !self.loop.responder.mayOverlap(request) {
                self.machine.heldBack(head, content: content)
            } else {
                self.handle(request)
            }
        case .refuse(let problem):
            self.respond(problem.response)
        }
    }

    private func handle(_ request: Request) {
        self.loop.responder.respond(to: request, on: self)
        if self.machine.isStopping { self.delegate?.drain() }
    }

    /// Goes on with the request that waited for the answers before it.
    func handleHeld() {
        guard let (head, content) = self.machine.takeHeld() else { return }
        self.handle(Request(head, body: content, from: self.loop.settings.peer(self.peer, of: head)))
    }

    /// Refuses the request that is on its way.
    func refuse(_ problem: Problem) {
        self.perform(self.machine.failed(problem, origin: self.parser?.originSoFar))
        self.flushUnlessBusy()
    }

    /// Sends what is ready, and looks at what waits behind it, where nobody further up is about to.
    func flushUnlessBusy() {
        guard case .none = self.activity else { return }
        self.flush()
        self.process()
        self.flush()
    }
}

extension HTTP1Connection: ServedConnection {
    func drain() {
        switch self.machine.drain() {
        case .close:
            self.flush()
            if self.outlet.hasPending { self.endConnection() } else { self.close() }
        case .none: self.delegate?.drain()
        }
    }

    func close() {
        self.context?.close(promise: nil)
    }
}

@available(*, unavailable)
extension HTTP1Connection: Sendable {}
