package import Channels

/// A ledger that is open at once, as one in memory is: for tests that wait for nothing.
package protocol ImmediateLedger: Ledger {
    func open(_ observer: any LedgerObserver)
}

extension MemoryLedger: ImmediateLedger {}

extension Bridge {
    /// A bridge whose ledger is open.
    package convenience init(
        ledger: some ImmediateLedger, configuration: Configuration = Configuration(), clock: WallClock = .system
    ) {
        self.init(unopened: ledger, configuration: configuration, clock: clock)
        ledger.open(self.observer)
    }

    package var epoch: Epoch { self.life.epoch }

    package var head: Position { self.life.head }

    package func id(_ position: Position) -> EventID { self.life.id(position) }

    /// The log of one channel in the life that goes on.
    package func attach(_ wakeup: Wakeup, to channel: ChannelName) -> ChannelLog {
        while true {
            if let log = self.life.attach(wakeup, to: [channel])?.first { return log }
        }
    }
}
