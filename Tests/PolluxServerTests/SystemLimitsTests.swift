import Channels
import PolluxServer
import Testing

@Suite struct SystemLimitsTests {
    private func problems(_ limits: SystemLimits, _ change: (inout ServerConfiguration) -> Void) -> [String] {
        var configuration = ServerConfiguration()
        change(&configuration)
        return limits.problems(of: configuration)
    }

    @Test func `What nobody has set fits every system`() {
        #expect(problems(SystemLimits(openFiles: 96, threads: 2, memory: 64 << 20)) { _ in }.isEmpty)
    }

    @Test(arguments: [(10_000 - 192, 0), (10_000 - 191, 1), (1_000_000, 1)])
    func `Connections must fit into the open files, with some to spare`(connections: Int, count: Int) {
        let found = problems(SystemLimits(openFiles: 10_000)) { $0.connections = connections }
        #expect(found.count == count)
        #expect(found.allSatisfy { $0.hasPrefix("limits.connections is \(connections), ") && $0.contains("10000") })
    }

    @Test func `With too few open files nothing can be done`() {
        let found = problems(SystemLimits(openFiles: 95)) { _ in }
        #expect(found.count == 1 && found.allSatisfy { $0.contains("95") && $0.contains("96") })
    }

    @Test(arguments: [(84, 0), (85, 1)])
    func `Loops must fit into the threads`(loops: Int, count: Int) {
        let found = problems(SystemLimits(threads: 100)) { $0.loops = loops }
        #expect(found.count == count)
        #expect(found.allSatisfy { $0.hasPrefix("loops is \(loops), ") && $0.contains("84 or less") })
    }

    @Test func `What is kept in memory must fit into it`() {
        let limits = SystemLimits(memory: 1 << 30)
        let found = problems(limits) {
            $0.bridge.totalLogBytes = 2 << 30
            $0.memoryBytes = 4 << 30
        }
        #expect(found == ["log.totalBytes is 2GB, but there are only 1GB of memory; lower it"])
        let inMemory = problems(limits) {
            $0.ledger = .memory
            $0.memoryBytes = 4 << 30
        }
        #expect(inMemory == ["memory.totalBytes is 4GB, but there are only 1GB of memory; lower it"])
    }

    @Test func `The system tells its limits`() {
        let limits = SystemLimits.current()
        #expect(limits.openFiles > 16 && limits.threads > 1 && limits.memory > 1 << 20)
    }
}
