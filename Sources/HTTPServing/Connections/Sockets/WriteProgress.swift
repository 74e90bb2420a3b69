/// Whether a client takes what is written to it, judged whenever a time limit on it is over.
///
/// The first judgement is always in the client's favour: bytes may have been written just before it, so that there was
/// no time to take any. A client that takes nothing is therefore let go after one to two time limits.
struct WriteProgress {
    /// How much the client had taken at the last judgement, in bytes.
    private var taken: Int?

    /// A time limit is over. Returns whether the client has taken something since the last one.
    ///
    /// - Parameter taken: How much it has taken by now, in bytes; never less than before.
    mutating func isMade(by taken: Int) -> Bool {
        defer { self.taken = taken }
        return self.taken.map { taken > $0 } ?? true
    }
}
