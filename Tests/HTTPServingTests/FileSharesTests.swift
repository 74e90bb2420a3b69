import Testing

@testable import HTTPServing

@Suite struct FileSharesTests {
    @Test func `So many files are held open and no more, until one is let go`() {
        let shares = FileShares(most: 2)
        var taken = [shares.take(), shares.take()]
        #expect(taken.allSatisfy { $0 != nil })
        #expect(shares.take() == nil)
        taken.removeLast()
        #expect(shares.take() != nil)
        #expect(shares.take() != nil)
    }
}
