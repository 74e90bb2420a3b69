/// Records, for those who may wait.
extension Bridge {
    /// Changes records, all or none.
    ///
    /// - Throws: ``LedgerError`` when they are not kept.
    public func write(_ changes: [RecordChange]) async throws(LedgerError) {
        try await withCheckedContinuation { continuation in
            self.write(changes) { continuation.resume(returning: $0) }
        }.get()
    }

    /// Reads records that are not over.
    ///
    /// - Throws: ``LedgerError`` when they cannot be read.
    public func records(_ query: RecordQuery) async throws(LedgerError) -> [SmallRecord] {
        try await withCheckedContinuation { continuation in
            self.records(query) { continuation.resume(returning: $0) }
        }.get()
    }
}
