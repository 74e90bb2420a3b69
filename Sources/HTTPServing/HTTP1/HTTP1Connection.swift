import NIOCore
import NIOHTTP1

/// A connection that speaks HTTP/1.0 or 1.1. Owner: its event loop.
///
/// It is the last handler of its pipeline. Answers are written as bytes, without NIO's HTTP handlers.
///
/// This file reads and keeps time; `HTTP1Connection+Exchange.swift` writes.
final class HTTP1Connection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What the deadline is for.
    enum Due {
        /// The first byte of a request.
        case request
        /// The rest of a head that has begun.
        case head
        case body
        /// That the client takes what is written.
        case write
        /// That the client closes, after all is said.
        case close
        /// What the delegate waits for.
        case delegate
    }

    let loop: LoopContext
    private let peer: Peer
    var machine: HTTP1StateMachine
    /// Holds what was read and cannot be looked at before the request under way is answered; `nil` once a stream has
    /// begun, after which nothing that the client sends is looked at.
    var parser: HTTP1Parser?
    var context: ChannelHandlerContext?
    let outlet: Outlet

    /// Whether the client has closed its half of the connection.
    private(set) var isInputClosed = false

    private var isProcessing = false
    private var isReading = false
    private var holdsRead = false

    /// The most answers that are put off at a time.
    private static let postponedLimit = 128
    /// Answers that were put off, and those that are there already but come behind them.
    var postponed = CircularBuffer<HTTP1PostponedAnswer>()
    /// A request that must wait until all of them are there.
    private var held: Request?
    private var owesContinue = false
    var willFlush = false

    /// How many bytes of answers go out together, about.
    static let outputSize = 64 << 10
    /// Answers that go out together, when all that was read is looked at or when they are many.
    var output = ByteBuffer()
    /// How much the client had taken at the last deadline; -1 before the first one, which so comes too early to tell.
    private var bytesTaken = -1
    private var pace = ContentPace()

    private var due = Due.request
    private var delegateDeadline = NIODeadline.distantFuture
    var deadlineIndex: Int?
    var delegate: (any ExchangeDelegate)?
    var isChunked = false

    init(_ loop: LoopContext, over outlet: Outlet, peer: Peer) {
        self.loop = loop
        self.outlet = outlet
        self.peer = peer
        self.machine = HTTP1StateMachine(bodySize: loop.limits.bodySize, answersOnce: peer.isRefused)
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
        self.postponed.removeAll()
        self.held = nil
        let delegate = self.delegate
        self.delegate = nil
        delegate?.closed()
        context.fireChannelInactive()
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard self.parser != nil, !self.machine.isEnding else { return }
        self.isReading = true
        self.parser?.append(self.unwrapInboundIn(data))
        self.process()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.isReading = false
        self.flush()
        if self.machine.isWaiting, self.due == .request, self.parser?.isEmpty == false {
            self.expect(.head, within: self.loop.limits.headTimeout)
        }
    }

    func read(context: ChannelHandlerContext) {
        // A client that sends request after request without waiting is read no faster than it is answered.
        if self.mayProcess || self.parser?.isEmpty != false { context.read() } else { self.holdsRead = true }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent { self.inputClosed() }
        if event is SocketHandler.Emptied { self.drained() }
        context.fireUserInboundEventTriggered(event)
    }

    /// A client that closes its half may still read, and is given what it is owed.
    private func inputClosed() {
        self.isInputClosed = true
        self.flush()
        self.delegate?.inputClosed()
        self.endInput()
    }

    /// All that came from a client that sends nothing more is looked at.
    private func endInput() {
        // Else more will be, once something is answered.
        guard self.mayProcess else { return }
        guard self.machine.inputEnded() else { return self.closeOnceWritten() }
        if self.isDone { self.endConnection() }
    }

    /// Whether nothing is left to be said.
    var isDone: Bool { self.machine.isEnding && self.postponed.isEmpty }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private var mayProcess: Bool {
        self.machine.acceptsParts && (!self.outlet.hasPending || !self.machine.isWaiting)
            && self.postponed.count < Self.postponedLimit
    }

    /// Looks at what was read, as far as that may be looked at now.
    func process() {
        guard !self.isProcessing else { return }
        self.isProcessing = true
        while self.mayProcess, let action = self.nextAction() { self.perform(action) }
        self.isProcessing = false
        if self.isInputClosed { self.endInput() } else if self.mayProcess { self.readOn() }
    }

    /// Makes up for a read that was held back.
    func readOn() {
        guard self.holdsRead else { return }
        self.holdsRead = false
        self.context?.read()
    }

    private func nextAction() -> HTTP1StateMachine.OnPart? {
        do throws(HTTP1Parser.Failure) {
            return try self.parser?.next().map { self.machine.received($0) }
        } catch {
            return self.machine.failed(error.problem, origin: error.origin)
        }
    }

    private func perform(_ action: HTTP1StateMachine.OnPart) {
        switch action {
        case .none: break
        case .awaitBody(let sendContinue):
            self.pace = ContentPace()
            self.expect(.body, within: self.loop.limits.bodyTimeout)
            self.owesContinue = sendContinue
            self.writeContinue()
        case .handle(let head, let body):
            self.setDeadline(.distantFuture)
            self.handle(Request(head, body: body, from: self.peer))
        case .refuse(let problem):
            self.respond(problem.response)
        }
    }

    /// Tells a client that waits for it to send its content; behind the answers that come before.
    func writeContinue() {
        guard self.owesContinue, self.postponed.isEmpty, self.machine.isReceiving else { return }
        self.owesContinue = false
        self.output.writeString("HTTP/1.1 100 Continue\r\n\r\n")
    }

    private func handle(_ request: Request) {
        self.owesContinue = false
        guard self.postponed.isEmpty || self.loop.responder.mayOverlap(request) else { return self.held = request }
        self.loop.responder.respond(to: request, on: self)
        if self.machine.isStopping { self.delegate?.drain() }
    }

    /// Goes on with the request that waited for the answers before it.
    func handleHeld() {
        guard self.postponed.isEmpty, let request = self.held else { return }
        self.held = nil
        self.handle(request)
    }

    /// Sends what is ready, and looks at what waits behind it, where nobody further up is about to.
    func flushUnlessBusy() {
        guard !self.isReading, !self.isProcessing else { return }
        self.flush()
        self.process()
        self.flush()
    }

    // MARK: Time

    func expect(_ due: Due, within time: TimeAmount) {
        self.due = due
        self.bytesTaken = -1
        self.loop.deadlines.set(.now() + time, of: self)
    }

    func setDeadline(_ deadline: NIODeadline) {
        self.delegateDeadline = deadline
        guard !self.outlet.hasPending, self.context != nil else { return }
        self.due = .delegate
        self.loop.deadlines.set(deadline, of: self)
    }

    /// The server is stopping: no further request, and the answer under way comes to its end.
    func drain() {
        switch self.machine.drain() {
        case .close:
            self.flush()
            if self.outlet.hasPending { self.endConnection() } else { self.close() }
        case .none: self.delegate?.drain()
        }
    }

    /// What is next to come, now that the client has taken all that was written.
    func expectNext() {
        if !self.postponed.isEmpty {
            self.setDeadline(.distantFuture)
        } else if self.machine.isWaiting {
            let isIdle = self.parser?.isEmpty != false
            self.expect(
                isIdle ? .request : .head, within: isIdle ? self.loop.limits.idleTimeout : self.loop.limits.headTimeout)
        } else if self.machine.isReceiving {
            self.expect(.body, within: self.loop.limits.bodyTimeout)
        } else if self.machine.isEnding {
            self.expect(.close, within: self.loop.limits.lingerTimeout)
        } else {
            self.setDeadline(self.delegateDeadline)
        }
    }

    func close() {
        self.context?.close(promise: nil)
    }
}

extension HTTP1Connection: ServedConnection {
    func deadlineReached(_ now: NIODeadline) {
        switch self.due {
        // The last answer may still be on its way.
        case .request: self.closeUnlessTaking(.request, within: self.loop.limits.lingerTimeout)
        case .close: self.closeUnlessTaking(.close, within: self.loop.limits.lingerTimeout)
        case .head: self.refuse(.slowHead(self.loop.limits.headTimeout))
        case .body: self.refuseUnlessInPace()
        case .write: self.closeUnlessTaking(.write, within: self.loop.limits.writeTimeout)
        case .delegate: self.delegate?.deadlineReached(now)
        }
    }

    private func refuse(_ problem: Problem) {
        self.perform(self.machine.failed(problem, origin: self.parser?.originSoFar))
        self.flushUnlessBusy()
    }

    private func refuseUnlessInPace() {
        let span = self.loop.limits.bodyTimeout
        guard self.pace.isKept(by: self.machine.contentSize, in: span) else { return self.refuse(.slowContent(span)) }
        self.expect(.body, within: span)
    }

    /// A client that takes at least something of what is left within the time limit may go on.
    private func closeUnlessTaking(_ due: Due, within time: TimeAmount) {
        let taken = self.outlet.bytesTaken
        guard self.outlet.bytesLeft > 0, taken > self.bytesTaken else { return self.close() }
        self.expect(due, within: time)
        self.bytesTaken = taken
    }
}

@available(*, unavailable)
extension HTTP1Connection: Sendable {}
