/// Whom a ledger tells of what becomes of it, by its own doing or from elsewhere.
///
/// The calls come one at a time, in the order in which things happened. All but ``settled()`` may come under the ledger's
/// own lock, so they do no more than note what came.
public protocol LedgerObserver: AnyObject, Sendable {
    /// A life of the ledger begins: the first before ``Ledger/open(_:)`` returns, another one while it is open if it has lost
    /// its past or cannot vouch for it. What is told from then on, and what is read, is of that life.
    func began(_ state: LedgerState)

    /// A change is kept.
    func committed(_ commit: Commit)

    /// What came from elsewhere, changes or a new life, has been told of for now: whoever waits for it can be woken. Changes that
    /// were asked for here need no such call, since their completions come behind them.
    func settled()

    /// The store is out of reach: the ledger can neither append nor read until ``found()``. It looks for the store by itself.
    func lost(_ error: LedgerError)

    /// The store is there again.
    func found()
}
