/// The requests under way. Owner: the thread that drives them.
final class Transfers {
    private let multi: Multi
    private let configuration: Outbound.Configuration
    private var all: [UInt64: Transfer] = [:]
    /// Those that could not be begun.
    private var failed: [UInt64] = []

    init(_ multi: Multi, _ configuration: Outbound.Configuration) {
        self.multi = multi
        self.configuration = configuration
    }

    func carryOut(_ turn: RequestQueue<Outbound.Job>.Turn) {
        for (job, error) in turn.dropped { job.completion(.failure(error)) }
        for (id, error) in turn.stopped {
            guard let transfer = self.all.removeValue(forKey: id) else { continue }
            self.multi.remove(transfer)
            transfer.job.completion(.failure(error))
        }
        for (id, job) in turn.begun { self.begin(id, job) }
    }

    private func begin(_ id: UInt64, _ job: Outbound.Job) {
        do throws(OutboundError) {
            let transfer = try Transfer(id, job, self.configuration, at: .now)
            try self.multi.add(transfer)
            self.all[id] = transfer
        } catch {
            self.failed.append(id)
            job.completion(.failure(error))
        }
    }

    /// Goes on with all of them; returns those that are over, of which everybody was told.
    func perform() -> [UInt64] {
        var over = self.failed
        self.failed = []
        self.multi.perform { transfer, code in
            self.multi.remove(transfer)
            self.all[transfer.id] = nil
            over.append(transfer.id)
            transfer.job.completion(transfer.result(code))
        }
        return over
    }
}

@available(*, unavailable)
extension Transfers: Sendable {}
