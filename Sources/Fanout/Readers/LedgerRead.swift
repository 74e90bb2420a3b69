import Channels

/// What a reader asks of the ledger.
struct LedgerRead {
    let start: ReadQuery.Start
    /// Why it begins elsewhere than its client wants, where it is not yet known with which event; `nil` if it does not.
    let gap: Gap?
    /// The past life that the reader is in where the page begins; `nil` for the present one.
    let pastLife: Int?
}
