import Access
import Channels
import Doors
import Logging
import Outbound
import Synchronization

/// What rules need beside the configuration, and what outlives a change of it: what was taken back, and others who are asked.
final class AccessServices: Sendable {
    let revocations = Revocations()
    private let bridge: Bridge
    /// By which issuers are asked. Its thread begins with the first request, as that of the application does.
    private let outbound = Outbound()
    private let documents: KeyDocuments
    private let application = Mutex<Application?>(nil)
    /// How many keys had been taken back by their issuers when that was looked at last.
    private let retirements = Atomic<Int>(0)

    /// Who is asked for permission, and how: on a thread of its own, so that an application that hangs holds up no issuer.
    private struct Application {
        let outbound: Outbound
        let callback: Callback

        /// - Returns: `nil` where there is nobody to ask.
        init?(_ settings: CallbackSettings) {
            var configuration = Outbound.Configuration()
            configuration.concurrency = settings.concurrency
            let outbound = Outbound(configuration)
            guard let callback = Callback(settings, ask: { outbound.send($0, $1) }) else { return nil }
            self.outbound = outbound
            self.callback = callback
        }
    }

    init(_ bridge: Bridge, logger: Logger) {
        self.bridge = bridge
        self.documents = KeyDocuments(
            KeyDocument.Surroundings(
                ask: { [outbound] request, completion in outbound.send(request, completion) },
                tell: { document, news in logger.tell(news, of: document) }))
    }

    /// Knows what was taken back before this process.
    func load() async throws { try await self.revocations.load(from: self.bridge) }

    /// What requests are judged by under a configuration. Its issuers are asked for their keys from now on, and no others.
    func policy(_ configuration: AccessConfiguration) -> AccessPolicy {
        var configuration = configuration
        configuration.issuers = self.documents.adopt(configuration.issuers)
        return configuration.gate(self.revocations, self.callback(configuration.callback)).map {
            .rules($0, configuration.places, Tickets(self.bridge))
        }
            ?? (configuration.open ? .open : .loopback)
    }

    /// What was answered is good as long as the settings are the same.
    private func callback(_ settings: CallbackSettings) -> Callback? {
        let (callback, former) = self.application.withLock { application in
            if let application, application.callback.settings == settings {
                return (Callback?.some(application.callback), Outbound?.none)
            }
            let former = application?.outbound
            application = Application(settings)
            return (application?.callback, former)
        }
        if let former { Task { await former.shutdown() } }
        return callback
    }

    /// Time has gone on; to be called about once a second.
    ///
    /// - Returns: Whether who reads is to be judged again.
    func sweep() -> Bool {
        self.revocations.sweep(at: WallClock.system.milliseconds())
        self.documents.tick()
        let count = self.documents.retirementCount
        return self.retirements.exchange(count, ordering: .relaxed) != count
    }

    /// Asks nobody any more.
    func shutdown() async {
        await self.outbound.shutdown()
        await self.application.withLock { $0 }?.outbound.shutdown()
    }
}

extension Logger {
    fileprivate func tell(_ news: KeyDocument.News, of document: KeyDocument) {
        var metadata: Metadata = ["jwks": "\(document.url)"]
        switch news {
        case .unavailable(let error):
            metadata["error"] = "\(error)"
            self.warning(
                "an issuer does not give its keys; those that it gave before are good for a day", metadata: metadata)
        case .available: self.notice("an issuer gives its keys again", metadata: metadata)
        case .tooOld: self.error("the keys of an issuer are too old; its tokens are not taken", metadata: metadata)
        case .retired(let count):
            metadata["count"] = "\(count)"
            self.notice("an issuer has taken keys back; what they have signed is not good any more", metadata: metadata)
        }
    }
}
