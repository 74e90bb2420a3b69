import Channels
import Testing

@Suite struct LedgerErrorTests {
    @Test func `It says what is wrong, then what the store has said`() {
        #expect("\(LedgerError(.full, "no space"))" == "no space")
        #expect("\(LedgerError(.full, "no space", cause: "disk full, 13"))" == "no space (disk full, 13)")
    }

    @Test func `Who shows it puts what would do before what the store has said`() {
        let error = LedgerError(.damaged, "it is damaged", cause: "malformed, 11")
        #expect(error.described(remedy: "; restore a backup") == "it is damaged; restore a backup (malformed, 11)")
    }

    @Test(arguments: LedgerError.Kind.allCases)
    func `All but damage and the end pass when their cause is gone`(kind: LedgerError.Kind) {
        #expect(LedgerError(kind, "x").passes == ![.damaged, .closed].contains(kind))
    }
}
