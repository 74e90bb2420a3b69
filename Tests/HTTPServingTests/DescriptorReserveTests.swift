import Testing

@testable import HTTPServing

@Suite struct DescriptorReserveTests {
    @Test func `The reserve is held until it is given up, and taken back where enough is left`() {
        let reserve = DescriptorReserve()
        #expect(!reserve.isReleased && !reserve.isScarce)
        reserve.release()
        reserve.release()
        #expect(reserve.isReleased)
        #expect(reserve.reclaim() && !reserve.isReleased)
        #expect(reserve.reclaim())
    }

    @Test func `A few at a time are let in to be refused`() {
        let reserve = DescriptorReserve()
        #expect(reserve.refusalsLeft == 20)
        for _ in 0..<25 { reserve.refusalBegan() }
        #expect(reserve.refusalsLeft == 0)
        for _ in 0..<6 { reserve.refusalEnded() }
        #expect(reserve.refusalsLeft == 1)
    }
}
