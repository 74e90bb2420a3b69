import NIOCore

/// All crews of a run, seen from outside their loops.
struct Crews: Sendable {
    /// How many readers are on their way at a time.
    private static let mostConnecting = 100

    private let crews: [NIOLoopBound<Crew>]
    private let loops: [any EventLoop]

    init(_ workload: Workload, of run: RunClock, dialer: Dialer, on loops: some Sequence<any EventLoop>) async throws {
        let loops = Array(loops)
        var crews: [NIOLoopBound<Crew>] = []
        for (number, loop) in loops.enumerated() {
            crews.append(
                try await loop.submit {
                    let crew = Crew(
                        workload, number: number, of: run, dialer: dialer,
                        mostConnecting: Self.mostConnecting / loops.count, on: loop)
                    return NIOLoopBound(crew, eventLoop: loop)
                }.get())
        }
        self.crews = crews
        self.loops = loops
    }

    func start() async throws {
        _ = try await self.onEach { $0.start() }
    }

    /// What all have counted together.
    func snapshot() async throws -> Crew.Snapshot {
        try await self.onEach { $0.snapshot }.reduce(into: Crew.Snapshot()) { sum, crew in
            sum.open += crew.open
            sum.tally.merge(crew.tally)
            sum.failure = sum.failure ?? crew.failure
        }
    }

    /// How many events that readers should have got they have not got.
    func lost(_ publishing: Publishing) async throws -> Int {
        let (sent, failed) = (publishing.sentByChannel, publishing.failedByChannel)
        return try await self.onEach { $0.lost(sent: sent, failed: failed) }.reduce(0, +)
    }

    /// From here on nothing is brought back.
    func end() async {
        _ = try? await self.onEach { $0.end() }
    }

    private func onEach<Outcome: Sendable>(
        _ body: @escaping @Sendable (Crew) -> Outcome
    ) async throws -> [Outcome] {
        var outcomes: [Outcome] = []
        for (crew, loop) in zip(self.crews, self.loops) {
            outcomes.append(try await loop.submit { body(crew.value) }.get())
        }
        return outcomes
    }
}
