import NIOCore
import NIOPosix

/// One run of a workload: open all readers, wait, publish, wait for what is on its way, count.
public struct LoadRun: Sendable {
    /// What is being done.
    public enum Phase: String, Sendable {
        case opening = "opening readers"
        case settling = "waiting a second"
        case publishing
        case draining = "waiting for the last events"
    }

    /// Called again and again, with how far the phase is, from 0 to 1.
    public typealias Progress = (Phase, Double) -> Void

    /// How long nothing may happen while readers open or answers to publishes are due.
    private static let patience = 10 * Nanoseconds.second
    private static let drainPatience = 5 * Nanoseconds.second
    private static let interval = Duration.milliseconds(10)
    private static let reconnectInterval = Duration.milliseconds(200)

    let workload: Workload

    public init(_ workload: Workload) {
        self.workload = workload
    }

    /// Does it all.
    ///
    /// - Throws: ``LoadError`` if there is nothing to report; `CancellationError`.
    public func run(progress: Progress) async throws -> Report {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: self.workload.loops + 1)
        do {
            let report = try await self.run(on: group, progress)
            try? await group.shutdownGracefully()
            return report
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    private func run(on group: MultiThreadedEventLoopGroup, _ progress: Progress) async throws -> Report {
        let clock = RunClock()
        let loops = Array(group.makeIterator())
        let dialer = try Dialer(
            self.workload.server, self.workload.road, connections: self.workload.connectionCount)
        let before = try ProcessUsage(of: self.workload.processes)
        let crews = try await Crews(self.workload, of: clock, dialer: dialer, on: loops.dropLast())
        let publisher = try await RemotePublisher(
            self.workload, of: clock, dialer: dialer, on: loops[self.workload.loops])

        var results = Report.Results()
        do {
            try await self.open(crews, &results, progress)
            progress(.settling, 0)
            try await publisher.connect()
            try await Task.sleep(for: .seconds(1))
            let settled = try ProcessUsage(of: self.workload.processes)
            let ownBefore = ProcessUsage.own

            let start = clock.now
            try await self.publish(publisher, clock, progress)
            let publishing = try await publisher.publishing()
            try await self.drain(crews, publishing, progress)

            let end = clock.now
            let after = try ProcessUsage(of: self.workload.processes)
            results.generatorCPUShare = (ProcessUsage.own - ownBefore) / (end - start).seconds
            results.tally = try await crews.snapshot().tally
            results.start = start
            results.count(publishing, lost: try await crews.lost(publishing), of: self.workload)
            if !self.workload.processes.isEmpty {
                results.serverCPUSeconds = after.cpuSeconds - settled.cpuSeconds
                results.serverResidentBytes = settled.residentBytes - before.residentBytes
            }
        } catch {
            await crews.end()
            throw error
        }
        await crews.end()
        return Report(self.workload, results)
    }
}

// MARK: - The phases

extension LoadRun {
    private func open(_ crews: Crews, _ results: inout Report.Results, _ progress: Progress) async throws {
        let start = Nanoseconds.now
        var most = (open: 0, at: start)
        try await crews.start()
        while true {
            let state = try await crews.snapshot()
            progress(.opening, Double(state.open) / Double(self.workload.readers))
            let now = Nanoseconds.now
            if let failure = state.failure { throw failure }
            if state.open > most.open { most = (state.open, now) }
            if state.open >= self.workload.readers { break }
            guard now - most.at < Self.patience else {
                throw LoadError.stalled(open: state.open, of: self.workload.readers, closed: state.tally.closed)
            }
            try await Task.sleep(for: Self.interval)
        }
        results.openSeconds = (Nanoseconds.now - start).seconds
    }

    private func publish(_ publisher: RemotePublisher, _ clock: RunClock, _ progress: Progress) async throws {
        try await publisher.start()
        var last = (settled: 0, at: clock.now)
        while true {
            let isConnected = await publisher.reconnectIfNeeded()
            let publishing = try await publisher.publishing()
            let now = clock.now
            progress(.publishing, publishing.share(at: now))
            if publishing.isDone(at: now) { break }
            // With a low rate there may be nothing to be answered for a long time.
            let isIdle = isConnected && publishing.settled == publishing.sent
            if isIdle || publishing.settled != last.settled { last = (publishing.settled, now) }
            guard now - last.at < Self.patience else { break }
            try await Task.sleep(for: isConnected ? Self.interval : Self.reconnectInterval)
        }
        let publishing = try await publisher.publishing()
        guard publishing.kept > 0 || publishing.sent == 0 else {
            throw LoadError.unpublished(status: publishing.firstRefusal)
        }
    }

    private func drain(_ crews: Crews, _ publishing: Publishing, _ progress: Progress) async throws {
        let expected = Report.Results.expected(publishing, of: self.workload)
        var last = (delivered: -1, at: Nanoseconds.now)
        while true {
            let delivered = try await crews.snapshot().tally.delivered
            let now = Nanoseconds.now
            progress(.draining, min(1, Double(delivered) / Double(max(1, expected))))
            if delivered != last.delivered { last = (delivered, now) }
            // What was not answered may come as well, and be mistaken for the last of the others.
            let isComplete = delivered >= expected && publishing.unanswered.isEmpty
            guard !isComplete, now - last.at < Self.drainPatience else { return }
            try await Task.sleep(for: Self.interval)
        }
    }
}
