import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A client's connection, whatever it speaks.
protocol ServedConnection: DeadlineOwner {
    /// The server is stopping: no further request, and the answers under way come to their end.
    func drain()
    func close()
}

/// What the connections of one listener on one event loop share. Owner: that event loop.
final class LoopContext {
    let eventLoop: any EventLoop
    /// How they are served from the loop's next turn on.
    var settings: ServingSettings
    /// The field `Strict-Transport-Security` of all answers (RFC 6797), where there is to be one.
    let transportSecurity: String?
    /// Told of each connection that has come (1) or gone (-1).
    private let count: @Sendable (Int) -> Void
    var deadlines = Deadlines()
    private var punctuality = Punctuality()
    let ciphertext = Ciphertext()
    private var dateSecond: time_t = 0
    private var common = CommonFields(date: "")

    init(
        eventLoop: any EventLoop, settings: ServingSettings,
        transportSecurity: String? = nil, count: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.eventLoop = eventLoop
        self.settings = settings
        self.transportSecurity = transportSecurity
        self.count = count
    }

    var responder: any Responder { self.settings.responder }
    var cors: CORS { self.settings.cors }
    var limits: Limits { self.settings.limits }

    func opened(_ connection: any ServedConnection) {
        self.deadlines.add(connection)
        self.count(1)
    }

    func closed(_ connection: any ServedConnection) {
        self.deadlines.remove(connection)
        self.count(-1)
    }

    /// The fields that all answers have, put into text once a second.
    func commonFields() -> CommonFields {
        let second = time(nil)
        if second != self.dateSecond {
            self.dateSecond = second
            self.common = CommonFields(date: HTTPDate.text(second))
        }
        return self.common
    }

    /// To be called once every ``Deadlines/tick``.
    func tickInTime(_ now: NIODeadline = .now()) {
        if !self.punctuality.isHeldUp(at: now) { self.tick(now) }
    }

    func tick(_ now: NIODeadline = .now()) {
        var rest = Int.max
        while let owner = self.deadlines.takeDue(now, of: &rest) { owner.deadlineReached(now) }
    }
}

@available(*, unavailable)
extension LoopContext: Sendable {}
