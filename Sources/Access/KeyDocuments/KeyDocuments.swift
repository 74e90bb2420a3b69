import Synchronization

/// The documents of all issuers that a server knows at the moment. It outlives a change of the configuration, so that keys that were
/// fetched need not be fetched again.
public final class KeyDocuments: Sendable {
    private let surroundings: KeyDocument.Surroundings
    private let documents = Mutex<[KeyDocument]>([])

    public init(_ surroundings: KeyDocument.Surroundings) {
        self.surroundings = surroundings
    }

    /// Takes on the issuers of a configuration: documents that are there already take the place of those in it, others are fetched, and
    /// those that it does not name are let go.
    public func adopt(_ issuers: [TokenIssuer]) -> [TokenIssuer] {
        var issuers = issuers
        var begun: [KeyDocument] = []
        self.documents.withLock { documents in
            for index in issuers.indices {
                guard let wanted = issuers[index].keys.document else { continue }
                if let there = documents.first(where: { $0 === wanted || $0.isLike(wanted) }) {
                    issuers[index].keys = .document(there)
                } else {
                    begun.append(wanted)
                }
            }
            documents = issuers.compactMap(\.keys.document)
        }
        for document in begun { document.begin(in: self.surroundings) }
        return issuers
    }

    /// Time has gone on; to be called about once a second.
    public func tick() {
        for document in self.documents.withLock({ $0 }) { document.tick() }
    }

    /// How many keys of all of them were taken back. When it changes, those who are let do something by one of them may no longer.
    public var retirementCount: Int { self.documents.withLock { $0 }.reduce(0) { $0 + $1.retirementCount } }
}
